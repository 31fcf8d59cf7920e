"""The audit's rules for the stock."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef

from bus.audit import Effect, Finding, Operator, check, effects
from bus.models import Event
from bus.selectors import published
from bus.store.database import db
from inventory import selectors, services, tasks
from inventory.models import Answer, Movement, Reservation, StockItem
from shop.events import (
    OrderCancelled,
    OrderEvent,
    OrderPlaced,
    ShipmentDispatched,
    StockRejected,
    StockReserved,
)

COUNT = "Count the shelf, correct the stock, and find the lost movement."


@check("the movements of every stock item add up to its numbers")
def movements_add_up() -> Iterable[Finding]:
    for item in selectors.summed_items().filter(selectors.differs_from_movements()):
        yield _finding(
            item,
            f"has {item.on_hand} on hand and {item.reserved} reserved; its movements add up to "
            f"{item.moved} and {item.promised}",
        )


@check("what is reserved is the sum of the open reservations")
def reservations_add_up() -> Iterable[Finding]:
    for item in selectors.summed_items().exclude(held=F("reserved")):
        yield _finding(
            item, f"has {item.reserved} reserved; its open reservations add up to {item.held}"
        )


@check("every reservation agrees with its movements")
def reservations_follow_movements() -> Iterator[Finding]:
    unlike = selectors.unlike_movements().values_list("number", "item__sku", "reserved", "state")
    for number, sku, quantity, state in unlike:
        what = f"differs from its movements, by which {quantity} pieces are {state}"
        yield Finding(f"{number} {sku}", what, repair=partial(_follow, sku))
    for number, sku in selectors.without_movement().values_list("number", "item__sku"):
        yield Finding(f"{number} {sku}", "has a reservation without a movement", asks=COUNT)


@check("every answer of the stock has its event")
def answers_have_events() -> Iterator[Finding]:
    for event, granted in ((StockReserved, True), (StockRejected, False)):
        answers = Answer.objects.filter(granted=granted)
        answered = Exists(answers.filter(number=OuterRef("stream")))
        events = Event.objects.filter(~answered, type=event.__name__).order_by("id")
        for number in events.values_list("stream", flat=True):
            what = f"has {event.__name__}, but no such answer"
            yield Finding(number, what, repair=partial(_answer, event, number, granted))
        unpublished = answers.filter(~published(event, "number")).order_by("id")
        for number in unpublished.values_list("number", flat=True):
            yield Finding(
                number,
                f"has an answer, but no {event.__name__}",
                asks="Find out what wrote the answer. If nothing is reserved for the order, "
                "delete the answer and deliver reserve_stock again.",
            )


@check("every granted order has its reservation")
def granted_orders_are_reserved() -> Iterator[Finding]:
    moved = Movement.objects.filter(number=OuterRef("number"), kind=Movement.Kind.RESERVED)
    bare = Answer.objects.filter(~Exists(moved), granted=True).order_by("id")
    for number in bare.values_list("number", flat=True):
        yield Finding(number, "was granted, but has no reserving movement", asks=COUNT)


@check("reserved, released and dispatched pieces agree with the events")
def pieces_follow_events() -> Iterator[Finding]:
    """Finds also what movements, reservations and stock items all have wrong alike."""
    for event, kind, change in (
        (OrderPlaced, Movement.Kind.RESERVED, "m.reserved"),
        (OrderCancelled, Movement.Kind.RELEASED, "-m.reserved"),
        (ShipmentDispatched, Movement.Kind.DISPATCHED, "-m.on_hand"),
    ):
        for number, sku, said, moved in _unlike_events(event, kind.value, change):
            what = f"has {moved} pieces {kind.value}; {event.__name__} has {said}"
            yield Finding(f"{number} {sku}", what, asks=COUNT)


_answer_row = Exists(Answer.objects.filter(number=OuterRef("stream")))
_held = Reservation.objects.filter(number=OuterRef("stream"), state=Reservation.State.RESERVED)
_moved = Movement.objects.filter(number=OuterRef("stream"))
_given_back = Movement.objects.filter(
    number=OuterRef("number"), item=OuterRef("item"), kind=Movement.Kind.RELEASED
)

done_without_effect, effect_without_done = effects(
    "inventory",
    Effect(
        handler=tasks.reserve_stock,
        what="answer",
        # A published answer without its row is found by `answers_have_events`.
        there=_answer_row | published(StockReserved, "stream") | published(StockRejected, "stream"),
        trace=_answer_row,
    ),
    Effect(
        handler=tasks.release_stock,
        what="release of what is reserved",
        there=~Exists(_held.filter(~Exists(_given_back))),
        trace=Exists(_moved.filter(kind=Movement.Kind.RELEASED)),
    ),
    Effect(
        handler=tasks.consume_stock,
        what="movement off the shelf",
        there=Exists(_moved.filter(kind=Movement.Kind.DISPATCHED)),
    ),
)


def _unlike_events(event: type[OrderEvent], kind: str, change: str) -> list[tuple[Any, ...]]:
    """Order, SKU, pieces of the event and pieces moved, where those two differ.

    Only events that have moved something; that none is missing is checked by other rules. Rejected
    orders are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, sku, SUM(said), SUM(moved) FROM ("  # noqa: S608 -- put together from constants
            "SELECT e.stream AS number, l.value ->> 'sku' AS sku, "
            "CAST(l.value ->> 'quantity' AS integer) AS said, 0 AS moved "
            f"FROM bus_event e, {db.elements('lines')} WHERE e.type = %s AND EXISTS ("
            "SELECT 1 FROM inventory_movement m WHERE m.number = e.stream AND m.kind = %s) "
            "AND NOT EXISTS ("
            "SELECT 1 FROM bus_event r WHERE r.stream = e.stream AND r.type = %s) "
            f"UNION ALL SELECT m.number, i.sku, 0, {change} FROM inventory_movement m "
            "JOIN inventory_stockitem i ON i.id = m.item_id WHERE m.kind = %s"
            ") pieces GROUP BY number, sku HAVING SUM(said) <> SUM(moved) ORDER BY number, sku",
            [event.__name__, kind, StockRejected.__name__, kind],
        )
        return list(cursor.fetchall())


def _finding(item: StockItem, what: str) -> Finding:
    lost = selectors.without_movement().filter(item=item).exists()
    if lost or min(item.moved, item.promised) < 0:
        return Finding(item.sku, what, asks=COUNT)
    return Finding(item.sku, what, repair=partial(_follow, item.sku))


def _follow(sku: str, operator: Operator) -> str:
    with transaction.atomic():
        done = services.follow_movements(sku)
        return operator.record(sku, f"Set from its movements: {done}") if done else ""


def _answer(event: type[OrderEvent], number: str, granted: bool, operator: Operator) -> str:
    with transaction.atomic():
        if Answer.objects.select_for_update().filter(number=number, granted=granted).exists():
            return ""
        row = Event.objects.get(stream=number, type=event.__name__)
        services.restore_answer(number, granted=granted, at=row.at)
        return operator.record(number, f"The answer was restored from event {row.pk}")
