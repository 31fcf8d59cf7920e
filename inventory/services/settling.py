"""What becomes of reserved pieces: given back when the order is cancelled, gone when it is sent."""

from collections.abc import Iterable

from inventory.models import Movement, Reservation, StockItem
from inventory.services.stock import book, locked, quantities
from shop.events import OrderCancelled, ShipmentDispatched

State = Reservation.State


def release_stock(orders: list[OrderCancelled]) -> None:
    """Give back what the orders still have reserved; once per order, in five statements.

    Pieces that have left already stay gone: they come back through `receive_stock`.
    """
    locked(line.sku for order in orders for line in order.lines)
    held = [one for one in _reservations(order.number for order in orders) if _is_open(one)]
    Reservation.objects.filter(pk__in=[one.pk for one in held]).update(state=State.RELEASED)
    book(
        [
            Movement(
                item=one.item,
                kind=Movement.Kind.RELEASED,
                on_hand=0,
                reserved=-one.quantity,
                number=one.number,
            )
            for one in held
        ]
    )


def consume_stock(shipments: list[ShipmentDispatched]) -> None:
    """Take the pieces that have left off the shelf; once per order, in six statements.

    On hand falls even where the reservation was released before, because the order's cancellation
    overtook the news of the dispatch: the goods have left all the same. What is available may then
    fall below zero until they are back.

    Raises:
        BooksDisagree: the books hold fewer pieces than have left.
    """
    items = locked(line.sku for shipment in shipments for line in shipment.lines)
    numbers = [shipment.number for shipment in shipments]
    gone = _dispatched(numbers)
    held = {(one.number, one.item.sku): one for one in _reservations(numbers)}
    movements = [
        _departure(items.get(sku) or StockItem(sku=sku), number, quantity, held.get((number, sku)))
        for number, wanted in {s.number: quantities(s.lines) for s in shipments}.items()
        for sku, quantity in wanted.items()
        if (number, sku) not in gone
    ]
    book(movements)
    taken = {(one.number, one.item.sku) for one in movements}
    Reservation.objects.filter(pk__in=[held[key].pk for key in taken & held.keys()]).update(
        state=State.CONSUMED
    )


def _reservations(numbers: Iterable[str]) -> list[Reservation]:
    rows = Reservation.objects.filter(number__in=list(numbers))
    return list(rows.select_related("item").order_by("item__sku", "number"))


def _is_open(reservation: Reservation) -> bool:
    return reservation.state == State.RESERVED


def _dispatched(numbers: list[str]) -> set[tuple[str, str]]:
    rows = Movement.objects.filter(number__in=numbers, kind=Movement.Kind.DISPATCHED)
    return set(rows.values_list("number", "item__sku"))


def _departure(
    item: StockItem, number: str, quantity: int, reservation: Reservation | None
) -> Movement:
    open_quantity = reservation.quantity if reservation and _is_open(reservation) else 0
    return Movement(
        item=item,
        kind=Movement.Kind.DISPATCHED,
        on_hand=-quantity,
        reserved=-open_quantity,
        number=number,
    )
