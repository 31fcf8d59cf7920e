"""Stock booked by staff: deliveries to the warehouse, and corrections after a count."""

from collections.abc import Mapping

from django.db import transaction

from inventory.models import Movement, StockItem
from inventory.services.stock import book, locked

LARGEST_QUANTITY = 1_000_000
"""Pieces in one booking; more is taken for a typing error."""


AT_ONCE = 500
"""Movements booked in one statement, which names each of their items."""


class BadBooking(ValueError):
    """The booking is not valid; the message says what to change."""


@transaction.atomic
def receive_stock(sku: str, quantity: int, reason: str, who: str = "") -> None:
    """Add `quantity` pieces that have arrived; creates the stock item of a new SKU.

    Not repeatable: every call is another delivery. `who` is a user name, empty for the shop.

    Raises:
        BadBooking: `quantity` is not 1 to LARGEST_QUANTITY, or `reason` or `sku` is empty.
    """
    _require(bool(sku.strip()), "Give the SKU that has arrived.")
    _require(
        0 < quantity <= LARGEST_QUANTITY,
        f"Quantity is {quantity}; receive 1 to {LARGEST_QUANTITY} pieces.",
    )
    _require(bool(reason.strip()), "Give the supplier or the delivery note as reason.")
    StockItem.objects.get_or_create(sku=sku)
    _book(locked([sku])[sku], Movement.Kind.RECEIVED, quantity, reason, who)


@transaction.atomic
def correct_stock(sku: str, counted: int, reason: str, who: str) -> int:
    """Set the pieces on hand to what was counted; returns the difference in pieces.

    A count below what is reserved is accepted: available is then below zero, and nothing more is
    reserved until a delivery arrives.

    Raises:
        BadBooking: `counted` is not 0 to LARGEST_QUANTITY, `reason` or `who` is empty, or the SKU
            was never stocked.
    """
    _require(
        0 <= counted <= LARGEST_QUANTITY,
        f"Counted is {counted}; a count is 0 to {LARGEST_QUANTITY} pieces.",
    )
    _require(bool(reason.strip()), "Give the reason of the correction.")
    _require(bool(who.strip()), "Give the name of the person who counted.")
    item = locked([sku]).get(sku)
    if item is None:
        raise BadBooking(f"{sku} was never stocked; receive it instead.")
    difference = counted - item.on_hand
    if difference:
        _book(item, Movement.Kind.CORRECTED, difference, reason, who)
    return difference


@transaction.atomic
def count_stock(counts: Mapping[str, int], reason: str, who: str) -> None:
    """Set the pieces on hand of many SKUs to what was counted, with a movement for each difference.

    A SKU that was never stocked is received. A few statements for any number of SKUs.

    Raises:
        BadBooking: a count is not 0 to LARGEST_QUANTITY, or `reason` or `who` is empty.
    """
    _require(bool(reason.strip() and who.strip()), "Give the reason and the name of who counted.")
    for sku, counted in counts.items():
        _require(
            0 <= counted <= LARGEST_QUANTITY,
            f"Counted is {counted} of {sku}; a count is 0 to {LARGEST_QUANTITY} pieces.",
        )
    stocked = set(StockItem.objects.filter(sku__in=counts).values_list("sku", flat=True))
    StockItem.objects.bulk_create(
        [StockItem(sku=sku) for sku in sorted(counts) if sku not in stocked], ignore_conflicts=True
    )
    movements = [
        Movement(
            item=item,
            kind=Movement.Kind.CORRECTED if sku in stocked else Movement.Kind.RECEIVED,
            on_hand=counts[sku] - item.on_hand,
            reserved=0,
            reason=reason,
            who=who,
        )
        for sku, item in locked(counts).items()
        if counts[sku] != item.on_hand
    ]
    for first in range(0, len(movements), AT_ONCE):
        book(movements[first : first + AT_ONCE])


def _book(item: StockItem, kind: str, pieces: int, reason: str, who: str) -> None:
    movement = Movement(item=item, kind=kind, on_hand=pieces, reserved=0, reason=reason, who=who)
    book([movement])


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise BadBooking(sentence)
