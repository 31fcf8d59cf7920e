"""Stock that people book: deliveries to the warehouse, and what a count has found."""

from django.db import transaction

from inventory.models import Movement, StockItem
from inventory.services.stock import book, locked

LARGEST_QUANTITY = 1_000_000
"""Pieces in one booking. More is a slip of the keyboard."""


class BadBooking(ValueError):
    """A booking that cannot be meant; the message says what to change."""


@transaction.atomic
def receive_stock(sku: str, quantity: int, reason: str, who: str = "") -> None:
    """Add `quantity` pieces that have arrived. A SKU that was never stocked gets its first row.

    Every call is another delivery: it is not repeatable. `who` is a user name, empty for the shop.

    Raises:
        BadBooking: the quantity is not from 1 to a million, or the reason or SKU is missing.
    """
    _require(bool(sku.strip()), "Say which SKU has arrived.")
    _require(0 < quantity <= LARGEST_QUANTITY, f"Receive 1 to {LARGEST_QUANTITY} pieces.")
    _require(bool(reason.strip()), "Say where the pieces come from.")
    StockItem.objects.get_or_create(sku=sku)
    _book(locked([sku])[sku], Movement.Kind.RECEIVED, quantity, reason, who)


@transaction.atomic
def correct_stock(sku: str, counted: int, reason: str, who: str) -> int:
    """Make the books say what was counted on the shelf; returns the difference in pieces.

    A count below what is reserved is accepted, for the shelf is right: available then falls
    below zero, and nothing more is promised until a delivery has come.

    Raises:
        BadBooking: the count is below zero or above a million, nobody or no reason is named, or
            the SKU was never stocked.
    """
    _require(0 <= counted <= LARGEST_QUANTITY, f"A count is 0 to {LARGEST_QUANTITY} pieces.")
    _require(bool(reason.strip()), "Say why the books were wrong.")
    _require(bool(who.strip()), "Say who has counted.")
    item = locked([sku]).get(sku)
    if item is None:
        raise BadBooking(f"{sku} was never stocked; receive it instead.")
    difference = counted - item.on_hand
    if difference:
        _book(item, Movement.Kind.CORRECTED, difference, reason, who)
    return difference


def _book(item: StockItem, kind: str, pieces: int, reason: str, who: str) -> None:
    movement = Movement(item=item, kind=kind, on_hand=pieces, reserved=0, reason=reason, who=who)
    book([movement])


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise BadBooking(sentence)
