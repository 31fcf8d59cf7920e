"""What must hold for shipments, looked for every night."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import Q

from bus.audit import Finding, check
from bus.selectors import history, reactions
from fulfillment.models import Shipment
from shop.events import (
    OrderCancelled,
    OrderFact,
    OrderPlaced,
    ShipmentDispatched,
    ShipmentRecalled,
    ShipmentReleased,
)

AT_ONCE = 500
"""Orders asked for in one query."""

State = Shipment.State


@check("every placed order has its shipment")
def orders_have_shipments() -> Iterable[Finding]:
    for number in _missing(OrderPlaced, Q()):
        if _is_done(number, "open_shipment"):
            yield Finding(subject=number, what="was handled, but has no shipment")


@check("no cancelled order is sent")
def cancelled_orders_stay() -> Iterable[Finding]:
    stopped = Q(state__in=[State.CANCELLED, State.TO_BE_RETURNED])
    for number in _missing(OrderCancelled, stopped):
        if _is_done(number, "cancel_shipment"):
            yield Finding(subject=number, what="is cancelled, but its shipment is not")


@check("what became of a shipment and what was stated about it agree")
def shipments_stated() -> Iterable[Finding]:
    for fact, rule in (
        (ShipmentReleased, Q(released_at__isnull=False)),
        (ShipmentDispatched, Q(dispatched_at__isnull=False)),
        (ShipmentRecalled, Q(state=State.CANCELLED, telling_at__isnull=False)),
    ):
        # Counted first, for what happens meanwhile brings its fact along.
        happened = Shipment.objects.filter(rule).count()
        for number in _missing(fact, rule):
            yield Finding(subject=number, what=f"has {fact.__name__}, but its shipment says no")
        stated = {one.number for _id, one in history(fact)}
        if len(stated) < happened:
            rows = Shipment.objects.filter(rule).values_list("number", flat=True)
            for number in sorted(set(rows) - stated):
                yield Finding(subject=number, what=f"lacks {fact.__name__}")


def _missing(fact: type[OrderFact], rule: Q) -> Iterator[str]:
    """The orders that have such a fact, but no shipment to which the rule applies."""
    events = history(fact)
    while numbers := {stated.number for _id, stated in islice(events, AT_ONCE)}:
        rows = Shipment.objects.filter(rule, number__in=numbers)
        yield from sorted(numbers - set(rows.values_list("number", flat=True)))


def _is_done(number: str, reaction: str) -> bool:
    return any(
        one.app == "fulfillment" and one.reaction == reaction and one.state == "done"
        for one in reactions(number)
    )
