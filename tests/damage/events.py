"""Damage between events and the ledger."""

from contextlib import ExitStack
from datetime import timedelta
from uuid import uuid4

from django.db import connection
from django.db.models import UniqueConstraint
from django.db.models.functions import Now

from bus.models import Delivery, Event, Outbox, State, Subscription
from tests.damage.planting import breaks, ledger
from tests.damage.settled import Shop
from tests.damage.tampering import without
from tests.support import truncation


@breaks("every event has a delivery for every subscription of its type", mends=True)
def event_without_delivery(shop: Shop, _stack: ExitStack) -> str:
    Delivery.objects.filter(stream=shop.released, subscription__event_type="OrderPlaced").delete()
    return str(Event.objects.get(stream=shop.released, type="OrderPlaced").pk)


@breaks("every constraint of the tables is there", mends=False)
def delivery_twice(shop: Shop, stack: ExitStack) -> str:
    [once] = (one for one in Delivery._meta.constraints if isinstance(one, UniqueConstraint))
    stack.enter_context(without(Delivery, once))
    stack.callback(truncation.empty, connection)
    second = Delivery.objects.filter(stream=shop.released).first()
    second.pk = None
    Delivery.objects.bulk_create([second])
    return once.name


@breaks("every event leaves the outbox", mends=False)
def event_never_routed(shop: Shop, _stack: ExitStack) -> str:
    long_ago = Now() - timedelta(hours=2)
    event = Event.objects.create(
        type="Forgotten", version=1, stream="SO-9", data={}, at=long_ago, correlation=uuid4()
    )
    Outbox.objects.create(event=event)
    return str(event.pk)


@breaks("every delivery that is due is started", mends=False)
def delivery_never_begun(shop: Shop, _stack: ExitStack) -> str:
    long_ago = Now() - timedelta(hours=2)
    return ledger(shop, "send_order_confirmation", state=State.WAITING, due_since=long_ago)


@breaks("every delivery in flight ends, or is due again", mends=False)
def lease_long_over(shop: Shop, _stack: ExitStack) -> str:
    long_ago = Now() - timedelta(hours=2)
    return ledger(shop, "issue_invoice", state=State.RUNNING, lease_until=long_ago)


@breaks("every delivery in flight ends, or is due again", mends=True)
def lease_lost(shop: Shop, _stack: ExitStack) -> str:
    return ledger(shop, "issue_invoice", state=State.RUNNING, lease_until=None)


@breaks("a subscription that is retired has nothing open", mends=False)
def open_though_retired(shop: Shop, _stack: ExitStack) -> str:
    Subscription.objects.filter(name__endswith="issue_invoice").update(retired_at=Now())
    return ledger(shop, "issue_invoice", state=State.DEAD)
