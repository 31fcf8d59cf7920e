"""Damage between events and the ledger."""

from contextlib import ExitStack

from bus.models import Delivery, Event
from tests.damage.planting import breaks, twice
from tests.damage.settled import Shop


@breaks("every event is owed to every subscription of its type", mends=True)
def event_without_delivery(shop: Shop, _stack: ExitStack) -> str:
    Delivery.objects.filter(stream=shop.released, subscription__event_type="OrderPlaced").delete()
    return str(Event.objects.get(stream=shop.released, type="OrderPlaced").pk)


twice(
    "what can happen once in a stream was stated once",
    lambda shop: Event.objects.get(stream=shop.released, type="OrderPlaced"),
    "stream",
    "key",
)
twice(
    "every event is owed to a subscription once",
    lambda shop: Delivery.objects.filter(stream=shop.released).first(),
    "event",
    "subscription",
)
