"""Opening and locking shipments."""

from django.utils import timezone
from msgspec.structs import asdict

from fulfillment.models import Shipment, ShipmentLine
from shop.events import OrderCancelled, OrderPlaced

State = Shipment.State


def open_shipment(orders: list[OrderPlaced]) -> None:
    """Open the shipments of these orders; once per order, three statements for any number.

    An existing shipment is not changed, in particular one that a cancellation has opened.
    """
    _insert({order.number: _shipment(order) for order in orders}, orders)


def lock_shipments(orders: list[OrderCancelled]) -> None:
    """Lock the shipments of these cancelled orders, by number; see `locked_or_cancelled`."""
    locked_or_cancelled(orders)


def locked_or_cancelled(orders: list[OrderCancelled]) -> list[Shipment]:
    """The shipments of these orders, locked; missing ones are opened as cancelled.

    If `open_shipment` inserts one at the same time, the unique order number makes the second wait
    for the first to commit.
    """
    marks = {order.number: _shipment(order) for order in orders}
    for mark in marks.values():
        mark.state = State.CANCELLED
        mark.cancelled_at = mark.opened_at
    _insert(marks, orders)
    return list(Shipment.objects.select_for_update().filter(number__in=marks).order_by("number"))


def _insert(shipments: dict[str, Shipment], orders: list[OrderPlaced]) -> None:
    """Insert missing shipments in the order of their numbers, so that batches cannot deadlock."""
    rows = [shipments[number] for number in sorted(shipments)]
    Shipment.objects.bulk_create(rows, ignore_conflicts=True)
    # A shipment and its lines are committed together.
    empty = Shipment.objects.filter(number__in=shipments, lines__isnull=True)
    ids = dict(empty.values_list("number", "id"))
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment_id=ids[order.number], position=position, **asdict(line))
        for order in orders
        if order.number in ids
        for position, line in enumerate(order.lines, start=1)
    )


def _shipment(order: OrderPlaced) -> Shipment:
    return Shipment(
        number=order.number,
        order_id=order.order_id,
        recipient=order.customer.name,
        email=order.customer.email,
        language=order.customer.language,
        opened_at=timezone.now(),
        **asdict(order.customer.address),
    )
