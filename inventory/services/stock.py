"""The stock's row locks, and `book`, the only code that changes its numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db.models import Case, F, Value, When

from inventory.models import Movement, Reservation, StockItem
from shop.events import Line, OrderPlaced, ShipmentDispatched


class BooksDisagree(ValueError):
    """The stock has fewer pieces than were dispatched; it must be counted and corrected."""


class StockMoved(RuntimeError):
    """The stock was taken between reading and booking; a retry reads it again."""


def lock_stock(events: Sequence[OrderPlaced] | Sequence[ShipmentDispatched]) -> None:
    """Lock the stock of all lines of all `events`, by SKU, so that no two batches can deadlock."""
    locked(line.sku for event in events for line in event.lines)


def locked(skus: Iterable[str]) -> dict[str, StockItem]:
    """The stock items by SKU, locked in the order of the SKUs; unknown SKUs are left out.

    Whatever changes stock, a reservation or a movement takes this lock first. Needs a transaction;
    on SQLite the transaction itself is the lock.
    """
    rows = StockItem.objects.select_for_update(no_key=True).filter(sku__in=set(skus))
    return {item.sku: item for item in rows.order_by("sku")}


def reservations_of(numbers: Iterable[str]) -> list[Reservation]:
    """The reservations of these orders in any state, each with its item, by SKU and order."""
    rows = Reservation.objects.filter(number__in=list(numbers))
    return list(rows.select_related("item").order_by("item__sku", "number"))


def quantities(lines: Iterable[Line]) -> dict[str, int]:
    """Pieces per SKU, in the order of the SKUs."""
    wanted: Counter[str] = Counter()
    for line in lines:
        wanted[line.sku] += line.quantity
    return dict(sorted(wanted.items()))


def book(movements: list[Movement], *, from_available: bool = False) -> None:
    """Add `movements` to the stock and insert them; two statements for any number.

    The movements' items must be locked. With `from_available` the update itself requires enough
    available pieces, so nothing is oversold even if a caller forgot the lock.

    Raises:
        BooksDisagree: a number would fall below zero.
        StockMoved: with `from_available`, if fewer pieces are available than the caller had read.
    """
    if not movements:
        return
    items = {movement.item_id: movement.item for movement in movements}
    on_hand: Counter[int] = Counter()
    reserved: Counter[int] = Counter()
    for movement in movements:
        on_hand[movement.item_id] += movement.on_hand
        reserved[movement.item_id] += movement.reserved
    for pk, item in items.items():
        _require_enough(item, on_hand[pk], reserved[pk])
    rows = StockItem.objects.filter(pk__in=items)
    if from_available:
        rows = rows.filter(on_hand__gte=F("reserved") + _by_item(reserved))
    changed = rows.update(
        on_hand=F("on_hand") + _by_item(on_hand), reserved=F("reserved") + _by_item(reserved)
    )
    if changed != len(items):
        raise StockMoved("The stock changed between reading and reserving; reserving is retried.")
    Movement.objects.bulk_create(movements)


def _by_item(changes: Counter[int]) -> Case:
    return Case(*(When(pk=pk, then=Value(change)) for pk, change in changes.items()))


def _require_enough(item: StockItem, on_hand: int, reserved: int) -> None:
    if item.on_hand + on_hand < 0 or item.reserved + reserved < 0:
        raise BooksDisagree(
            f"{item.sku}: {item.on_hand} on hand and {item.reserved} reserved cannot change by "
            f"{on_hand} and {reserved}. Count the shelf, correct the stock, then deliver again."
        )
