"""Reserving stock for orders: all lines of an order, or none."""

from django.utils import timezone

from bus import publish
from inventory.models import Answer, Movement, Reservation, StockItem
from inventory.services.stock import book, locked, quantities
from shop.events import OrderPlaced, Shortage, StockRejected, StockReserved


def reserve_stock(orders: list[OrderPlaced]) -> None:
    """Reserve all lines of each order or none, and publish which; once per order.

    Orders are served in the order given. A SKU without a stock item has 0 available. Six statements
    for any number of orders, besides publishing.

    Raises:
        StockMoved: see `book`; nothing was changed.
    """
    fresh = _unanswered(orders)
    items = locked(line.sku for order in fresh for line in order.lines)
    free = {sku: max(item.available, 0) for sku, item in items.items()}
    shortages: dict[str, tuple[Shortage, ...]] = {}
    reservations: list[Reservation] = []
    for order in fresh:
        wanted = quantities(order.lines)
        shortages[order.number] = _shortages(wanted, free)
        if not shortages[order.number]:
            reservations += _taken(order.number, wanted, free, items)
    Answer.objects.bulk_create(
        Answer(number=number, granted=not short) for number, short in shortages.items()
    )
    Reservation.objects.bulk_create(reservations)
    book([_movement(reservation) for reservation in reservations], from_available=True)
    for order in fresh:
        _publish(order, shortages[order.number])


def _unanswered(orders: list[OrderPlaced]) -> list[OrderPlaced]:
    by_number = {order.number: order for order in orders}
    answers = Answer.objects.filter(number__in=by_number)
    answered = set(answers.values_list("number", flat=True))
    return [order for number, order in by_number.items() if number not in answered]


def _shortages(wanted: dict[str, int], free: dict[str, int]) -> tuple[Shortage, ...]:
    return tuple(
        Shortage(sku=sku, wanted=quantity, available=free.get(sku, 0))
        for sku, quantity in wanted.items()
        if quantity > free.get(sku, 0)
    )


def _taken(
    number: str, wanted: dict[str, int], free: dict[str, int], items: dict[str, StockItem]
) -> list[Reservation]:
    for sku, quantity in wanted.items():
        free[sku] -= quantity
    return [
        Reservation(number=number, item=items[sku], quantity=quantity)
        for sku, quantity in wanted.items()
    ]


def _movement(reservation: Reservation) -> Movement:
    return Movement(
        item=reservation.item,
        kind=Movement.Kind.RESERVED,
        on_hand=0,
        reserved=reservation.quantity,
        number=reservation.number,
    )


def _publish(order: OrderPlaced, short: tuple[Shortage, ...]) -> None:
    about = {"number": order.number, "order_id": order.order_id, "at": timezone.now()}
    event = StockRejected(**about, shortages=short) if short else StockReserved(**about)
    publish(event, cause=order)
