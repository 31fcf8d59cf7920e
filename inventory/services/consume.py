"""Taking dispatched pieces off the shelf."""

from inventory.models import Movement, Reservation, StockItem
from inventory.services.stock import book, locked, quantities, reservations_of
from shop.events import ShipmentDispatched


def consume_stock(shipments: list[ShipmentDispatched]) -> None:
    """Take the dispatched pieces off the shelf; once per order, in six statements.

    On hand falls even if the reservation was released first, because the cancellation arrived
    before the dispatch: the goods have left all the same. What is available may then be below zero
    until they are back.

    Raises:
        BooksDisagree: the stock has fewer pieces than were dispatched.
    """
    items = locked(line.sku for shipment in shipments for line in shipment.lines)
    numbers = [shipment.number for shipment in shipments]
    gone = _dispatched(numbers)
    held = {(one.number, one.item.sku): one for one in reservations_of(numbers)}
    movements = [
        _departure(items.get(sku) or StockItem(sku=sku), number, quantity, held.get((number, sku)))
        for number, wanted in {s.number: quantities(s.lines) for s in shipments}.items()
        for sku, quantity in wanted.items()
        if (number, sku) not in gone
    ]
    book(movements)
    taken = {(one.number, one.item.sku) for one in movements}
    Reservation.objects.filter(pk__in=[held[key].pk for key in taken & held.keys()]).update(
        state=Reservation.State.CONSUMED
    )


def _dispatched(numbers: list[str]) -> set[tuple[str, str]]:
    rows = Movement.objects.filter(number__in=numbers, kind=Movement.Kind.DISPATCHED)
    return set(rows.values_list("number", "item__sku"))


def _departure(
    item: StockItem, number: str, quantity: int, reservation: Reservation | None
) -> Movement:
    open_quantity = reservation.quantity if reservation and reservation.is_open else 0
    return Movement(
        item=item,
        kind=Movement.Kind.DISPATCHED,
        on_hand=-quantity,
        reserved=-open_quantity,
        number=number,
    )
