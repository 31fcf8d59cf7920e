"""What orders records of the other apps' events, and the confirmation that follows from one."""

from collections.abc import Sequence

from django.db.models import Case, Value, When, prefetch_related_objects
from django.utils import timezone

from bus import publish
from bus.selectors import stated
from orders.models import Order, State
from orders.services.snapshot import snapshot
from shop.events import OrderConfirmed, OrderEvent, ShipmentDispatched, StockReserved


def note_reservation(reserved: list[StockReserved]) -> None:
    """Keep when the goods were set aside, and publish `OrderConfirmed` of what is still placed.

    Decided under the orders' row locks, which cancelling takes as well: an order is confirmed
    before it is cancelled, or never. A second delivery changes nothing. Three statements for any
    number of orders, besides publishing. Needs a transaction.
    """
    causes = {event.number: event for event in reversed(reserved)}
    fresh = Order.objects.select_for_update().filter(number__in=causes, reserved_at=None)
    orders = list(fresh.annotate(confirmed=stated(OrderConfirmed, "number")).order_by("id"))
    _note("reserved_at", reserved)
    placed = [one for one in orders if one.state == State.PLACED and not one.confirmed]
    prefetch_related_objects(placed, "lines")
    for order in placed:
        order.frozen_lines = sorted(order.lines.all(), key=lambda line: line.pk)
        publish_order_confirmed(order, cause=causes[str(order.number)])


def publish_order_confirmed(order: Order, cause: StockReserved | None = None) -> None:
    """Publish that the order will be carried out, in the transaction that holds its row."""
    assert order.placed_at is not None
    publish(
        OrderConfirmed(at=timezone.now(), placed_at=order.placed_at, **snapshot(order)),
        cause=cause,
    )


def note_dispatch(dispatched: list[ShipmentDispatched]) -> None:
    """Keep when the goods left, even if the order was cancelled in the same moment.

    A second delivery changes nothing. One statement.
    """
    _note("shipped_at", dispatched)


def _note(column: str, events: Sequence[OrderEvent]) -> None:
    first_told = {event.number: event.at for event in reversed(events)}
    at = Case(*(When(number=number, then=Value(at)) for number, at in first_told.items()))
    Order.objects.filter(number__in=first_told, **{column: None}).update(**{column: at})
