"""Opening shipments, and locking them."""

from django.utils import timezone
from msgspec.structs import asdict

from fulfillment.models import Shipment, ShipmentLine
from shop.events import OrderCancelled, OrderPlaced

State = Shipment.State


def open_shipment(orders: list[OrderPlaced]) -> None:
    """Open the shipments of these orders; once per order, in three statements for any number.

    One that is there already stays as it is, above all one that a cancellation has left.
    """
    _insert({order.number: _shipment(order) for order in orders}, orders)


def lock_shipments(orders: list[OrderCancelled]) -> None:
    """Lock the shipments of these cancelled orders, by number; see `locked_or_cancelled`."""
    locked_or_cancelled(orders)


def locked_or_cancelled(orders: list[OrderCancelled]) -> list[Shipment]:
    """The shipments of these orders, locked; the missing ones are opened as cancelled.

    So a shipment exists after this whichever came first. Where *open* inserts at the same time,
    the unique order number lets the second wait for the first to commit.
    """
    marks = {order.number: _shipment(order) for order in orders}
    for mark in marks.values():
        mark.state = State.CANCELLED
        mark.cancelled_at = mark.opened_at
    _insert(marks, orders)
    return list(Shipment.objects.select_for_update().filter(number__in=marks).order_by("number"))


def _insert(shipments: dict[str, Shipment], orders: list[OrderPlaced]) -> None:
    """Insert what is missing, in the order of the numbers so that two batches cannot deadlock."""
    rows = [shipments[number] for number in sorted(shipments)]
    Shipment.objects.bulk_create(rows, ignore_conflicts=True)
    # Whoever inserted a shipment committed its lines with it.
    empty = Shipment.objects.filter(number__in=shipments, lines__isnull=True)
    ids = dict(empty.values_list("number", "id"))
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment_id=ids[order.number], position=position, **asdict(line))
        for order in orders
        if order.number in ids
        for position, line in enumerate(order.lines, start=1)
    )


def _shipment(order: OrderPlaced) -> Shipment:
    address = order.customer.address
    return Shipment(
        number=order.number,
        order_id=order.order_id,
        recipient=order.customer.name,
        email=order.customer.email,
        line1=address.line1,
        line2=address.line2,
        postal_code=address.postal_code,
        city=address.city,
        region=address.region,
        country=address.country,
        opened_at=timezone.now(),
    )
