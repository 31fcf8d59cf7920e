"""Queries on endpoints, webhooks and the events that are forwarded."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from bus.models import IN_FLIGHT, Delivery, Event
from bus.models import State as DeliveryState
from outlets.events import WebhookDue
from outlets.models import PING, Endpoint, State, Webhook
from shop.events import OrderEvent

LATEST = 20
"""Webhooks on the page of an endpoint."""


def rows_of(events: Sequence[OrderEvent]) -> list[Event]:
    """The rows of the events, in the same order, with their personal data; one query."""
    rows = Event.objects.select_related("personal__person").filter(
        stream__in={event.stream for event in events}, key__in={event.key for event in events}
    )
    by_key = {(row.stream, row.key): row for row in rows}
    return [by_key[event.stream, event.key] for event in events]


def to_be_sent(webhooks: QuerySet[Webhook]) -> bool:
    """Whether one of them waits for its first try or another; one whose delivery is dead does not.

    The ledger tells: nothing of a webhook's row changes when its delivery dies or is discarded.
    """
    dues = [_due(one) for one in webhooks.filter(state=State.WAITING)]
    at_work = Delivery.objects.filter(
        event=OuterRef("pk"), state__in=[DeliveryState.WAITING, *IN_FLIGHT]
    )
    return Event.objects.filter(
        Q(outbox__isnull=False) | Exists(at_work),
        stream__in={due.stream for due in dues},
        key__in={due.key for due in dues},
    ).exists()


def _due(webhook: Webhook) -> WebhookDue:
    return WebhookDue(endpoint=webhook.endpoint_id, webhook=webhook.key)


def waiting_deliveries(endpoint: Endpoint, most: int) -> list[int]:
    """The deliveries that wait for another try or the end of a pause; the oldest of them."""
    webhooks = endpoint.webhooks.filter(state=State.WAITING).exclude(type=PING).order_by("id")
    streams = [_due(one).stream for one in webhooks[:most]]
    rows = Delivery.objects.filter(event__stream__in=streams, state=DeliveryState.WAITING)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def delivery_of(webhook: Webhook) -> Delivery | None:
    """The delivery that sends it; none before the fan-out, and none after it was pruned."""
    return Delivery.objects.filter(event__stream=_due(webhook).stream).first()


def webhook_id(webhook: Webhook) -> str:
    """The header `webhook-id`, by which a consumer finds repeats: the CloudEvent's `id`."""
    if webhook.event is None:
        return webhook.key
    return str(Event.objects.values_list("uuid", flat=True).get(pk=webhook.event))


def latest(endpoint: Endpoint) -> QuerySet[Webhook]:
    """The endpoint's latest webhooks, the newest first."""
    return endpoint.webhooks.all()[:LATEST]


def disabled_by_shop() -> QuerySet[Endpoint]:
    """Endpoints that the shop disabled, and not staff; the earliest first."""
    return (
        Endpoint.objects.filter(enabled=False).exclude(disabled_because="").order_by("disabled_at")
    )
