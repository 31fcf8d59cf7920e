"""Putting right what the audit found in the stock, from what its movements and events say."""

from datetime import datetime

from django.db import transaction

from inventory.models import Answer, Reservation
from inventory.selectors import summed_items, unlike_movements, without_movement
from inventory.services.stock import locked


@transaction.atomic
def follow_movements(sku: str) -> str:
    """Make an item's reservations and numbers what its movements say; returns what was changed.

    Changes nothing, and returns nothing, where all agree, where the movements lead below zero, or
    where a reservation has no movement: one may be lost then, and the sums say nothing.
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
    """Write down once more what the stock has stated about an order."""
    Answer.objects.update_or_create(number=number, defaults={"granted": granted, "at": at})
