"""Repairs of the stock for the audit, from its movements and events."""

from datetime import datetime

from django.db import transaction

from inventory.models import Answer, Reservation
from inventory.selectors import summed_items, unlike_movements, without_movement
from inventory.services.stock import locked


@transaction.atomic
def follow_movements(sku: str) -> str:
    """Set an item's reservations and numbers from its movements; returns what was changed.

    Changes nothing and returns "" if they agree, if the movements add up to less than zero, or if a
    reservation has no movement: a movement may be lost then, and the sums prove nothing.
    """
    item = locked([sku]).get(sku)
    if item is None or without_movement().filter(item=item).exists():
        return ""
    sums = summed_items().get(pk=item.pk)
    moved, promised = sums.moved, sums.promised
    if min(moved, promised) < 0:
        return ""
    changes = []
    for movement in unlike_movements().filter(item=item):
        Reservation.objects.update_or_create(
            number=movement.number,
            item=item,
            defaults={"quantity": movement.reserved, "state": movement.state},
        )
        changes.append(f"{movement.number}: {movement.reserved} {movement.state}")
    if (item.on_hand, item.reserved) != (moved, promised):
        changes.append(
            f"{item.on_hand} on hand and {item.reserved} reserved became {moved} and {promised}"
        )
        item.on_hand, item.reserved = moved, promised
        item.save(update_fields=["on_hand", "reserved"])
    return "; ".join(changes)


def restore_answer(number: str, *, granted: bool, at: datetime) -> None:
    """Write the answer's row again, as `StockReserved` or `StockRejected` has it."""
    Answer.objects.update_or_create(number=number, defaults={"granted": granted, "at": at})
