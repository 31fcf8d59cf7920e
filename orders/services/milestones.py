"""Instants that orders record from other apps' events, and the order's confirmation."""

from collections.abc import Sequence

from django.db.models import Case, Value, When, prefetch_related_objects
from django.utils import timezone

from bus import publish
from bus.selectors import published
from orders.models import Order, State
from orders.services.snapshot import snapshot
from shop.events import OrderConfirmed, OrderEvent, ShipmentDispatched, StockReserved


def note_reservation(reserved: list[StockReserved]) -> None:
    """Record when the goods were reserved; publish `OrderConfirmed` of orders still placed.

    Decided under the orders' row locks, which `cancel_order` takes too: an order is confirmed
    before it is cancelled, or never. A second delivery changes nothing. Three statements for any
    number of orders, besides publishing. Needs a transaction.
    """
    causes = {event.number: event for event in reversed(reserved)}
    fresh = Order.objects.select_for_update().filter(number__in=causes, reserved_at=None)
    orders = list(fresh.annotate(confirmed=published(OrderConfirmed, "number")).order_by("id"))
    _note("reserved_at", reserved)
    placed = [one for one in orders if one.state == State.PLACED and not one.confirmed]
    prefetch_related_objects(placed, "lines")
    for order in placed:
        order.frozen_lines = sorted(order.lines.all(), key=lambda line: line.pk)
        publish_order_confirmed(order, cause=causes[str(order.number)])


def publish_order_confirmed(order: Order, cause: StockReserved | None = None) -> None:
    """Publish `OrderConfirmed` in the transaction that has locked the order's row."""
    assert order.placed_at is not None
    publish(
        OrderConfirmed(at=timezone.now(), placed_at=order.placed_at, **snapshot(order)),
        cause=cause,
    )


def note_dispatch(dispatched: list[ShipmentDispatched]) -> None:
    """Record when the goods left, also of a cancelled order; one statement.

    A second delivery changes nothing.
    """
    _note("shipped_at", dispatched)


def _note(column: str, events: Sequence[OrderEvent]) -> None:
    first = {event.number: event.at for event in reversed(events)}
    at = Case(*(When(number=number, then=Value(at)) for number, at in first.items()))
    Order.objects.filter(number__in=first, **{column: None}).update(**{column: at})
