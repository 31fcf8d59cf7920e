"""Damage to the record of webhooks."""

from contextlib import ExitStack

from django.db import transaction
from django.utils import timezone

from bus import publish
from bus.models import Delivery, Event, Queue, State, Subscription
from outlets.events import WebhookDue
from outlets.models import Endpoint, Webhook
from outlets.models import State as Sent
from tests.damage.planting import breaks
from tests.damage.settled import Shop


def webhook(shop: Shop, *, sent: bool, state: State) -> str:
    """A webhook of the order, and its delivery in that state; the settled shop has none."""
    endpoint = Endpoint.objects.create(url="https://example.com/", events=["OrderPlaced"])
    row = Webhook.objects.create(
        key="1-1", endpoint=endpoint, event=1, type="OrderPlaced", subject=shop.released,
        state=Sent.SENT if sent else Sent.WAITING, status=204,
    )  # fmt: skip
    with transaction.atomic():
        publish(WebhookDue(endpoint=endpoint.pk, webhook=row.key))
    event = Event.objects.get(type="WebhookDue")
    event.outbox.delete()
    queue, _new = Queue.objects.get_or_create(name="outlets")
    subscription = Subscription.objects.create(
        name="outlets.tasks.send_webhook", event_type="WebhookDue", queue=queue, batch=10,
        window=40, ordered=False, external=True, repeatable=True,
    )  # fmt: skip
    delivery = Delivery.objects.create(
        event=event, subscription=subscription, queue=queue, stream=event.stream, ordered=False,
        state=state, closed_at=timezone.now(),
    )  # fmt: skip
    return str(delivery.pk)


@breaks("every delivery of outlets that is done has its effect", mends=False)
def webhook_lost(shop: Shop, _stack: ExitStack) -> str:
    return webhook(shop, sent=False, state=State.DONE)


@breaks("every effect of outlets is done in the ledger", mends=False)
def webhook_that_is_not_done(shop: Shop, _stack: ExitStack) -> str:
    return webhook(shop, sent=True, state=State.DEAD)
