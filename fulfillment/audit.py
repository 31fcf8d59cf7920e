"""The audit's rules for shipments."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q

from bus.audit import Effect, Finding, check, effects
from bus.models import Event
from bus.selectors import published
from fulfillment import tasks
from fulfillment.models import Shipment
from shop.events import OrderPlaced, ShipmentDispatched, ShipmentRecalled, ShipmentReleased

State = Shipment.State

SHOWN_BY = (
    (ShipmentReleased, Q(released_at__isnull=False)),
    (ShipmentDispatched, Q(dispatched_at__isnull=False)),
    (ShipmentRecalled, Q(state=State.CANCELLED, telling_at__isnull=False)),
)
"""Each event of a shipment, and the condition by which its row shows it."""

SEE = "Find out what the warehouse did, and correct the shipment."


@check("every shipment agrees with its events")
def shipments_have_events() -> Iterator[Finding]:
    for event, shown in SHOWN_BY:
        shows = Exists(Shipment.objects.filter(shown, number=OuterRef("stream")))
        events = Event.objects.filter(~shows, type=event.__name__).order_by("id")
        for number in events.values_list("stream", flat=True):
            yield Finding(number, f"has {event.__name__}, but its shipment shows none", asks=SEE)
        silent = Shipment.objects.filter(shown & ~Q(published(event, "number"))).order_by("id")
        for number in silent.values_list("number", flat=True):
            yield Finding(number, f"lacks {event.__name__}", asks=SEE)


@check("no shipment is without its order")
def shipments_were_ordered() -> Iterator[Finding]:
    strays = Shipment.objects.filter(~published(OrderPlaced, "number")).order_by("id")
    for number in strays.values_list("number", flat=True):
        yield Finding(
            number,
            "has a shipment, but there is no OrderPlaced",
            asks="Keep the goods, and find out who opened it.",
        )


_shipment = Shipment.objects.filter(number=OuterRef("stream"))
_was_released = published(ShipmentReleased, "stream")
_was_recalled = published(ShipmentRecalled, "stream")

done_without_effect, effect_without_done = effects(
    "fulfillment",
    Effect(
        handler=tasks.open_shipment,
        what="shipment",
        there=Exists(_shipment),
        # A cancellation that was handled first leaves a shipment, too.
        trace=Exists(_shipment.exclude(state=State.CANCELLED)),
        # A newly opened shipment would not show what the warehouse was sent.
        again=~_was_released & ~_was_recalled,
        asks="Restore the shipment from a backup: the warehouse has it.",
    ),
    Effect(
        handler=tasks.release_shipment,
        what="release of the shipment",
        # A missing shipment is reported by the effect above.
        there=~Exists(_shipment.filter(state=State.OPEN)),
        trace=Exists(_shipment.filter(released_at__isnull=False)),
        again=~_was_released,
        asks=SEE,
    ),
    Effect(
        handler=tasks.cancel_shipment,
        what="cancellation of the shipment",
        there=~Exists(_shipment.filter(cancelled_at=None)),
        trace=Exists(_shipment.filter(cancelled_at__isnull=False)),
        again=~_was_recalled,
        asks="Keep the goods: they were recalled at the warehouse. Set the shipment to cancelled.",
    ),
    Effect(
        handler=tasks.recall_shipment,
        what="note on the shipment",
        there=~Exists(_shipment.filter(recalled_at=None)),
        trace=Exists(_shipment.filter(recalled_at__isnull=False)),
    ),
    Effect(
        handler=tasks.forget_recipient,
        what="erasure of the recipient",
        there=~Exists(_shipment.exclude(recipient="", email="")),
        trace=Exists(_shipment.filter(recipient="", email="")),
    ),
)
