"""What the stock says after a test of SO-1."""

from inventory.models import Reservation, StockItem


def numbers() -> tuple[int, int]:
    """The cups on hand and reserved."""
    return StockItem.objects.values_list("on_hand", "reserved").get(sku="CUP")


def state() -> str:
    """Of the reservation of SO-1."""
    return Reservation.objects.get(number="SO-1").state
