"""Damage to the stock."""

from contextlib import ExitStack

from django.db.models import F

from bus.models import State
from inventory.models import Answer, Movement, Reservation, StockItem
from tests.damage.planting import breaks, ledger
from tests.damage.settled import Shop


@breaks("the movements of every stock item add up to its numbers", mends=True)
def stock_changed(_shop: Shop, _stack: ExitStack) -> str:
    StockItem.objects.filter(sku="CUP").update(on_hand=99)
    return "CUP"


@breaks("what is reserved is the sum of the open reservations", mends=True)
def reserved_changed(_shop: Shop, _stack: ExitStack) -> str:
    StockItem.objects.filter(sku="CUP").update(reserved=F("reserved") + 1)
    return "CUP"


@breaks("every reservation agrees with its movements", mends=True)
def reservation_lost(shop: Shop, _stack: ExitStack) -> str:
    Reservation.objects.get(number=shop.released).delete()
    return f"{shop.released} CUP"


@breaks("every answer of the stock has its event", mends=True)
def answer_lost(shop: Shop, _stack: ExitStack) -> str:
    Answer.objects.filter(number__in=[shop.released, shop.rejected]).delete()
    return shop.rejected


@breaks("every granted order has its reservation", mends=False)
def nothing_reserved(shop: Shop, _stack: ExitStack) -> str:
    Reservation.objects.get(number=shop.released).delete()
    Movement.objects.filter(number=shop.released).delete()
    return shop.released


@breaks("reserved, released and dispatched pieces agree with the events", mends=False)
def too_much_reserved(shop: Shop, _stack: ExitStack) -> str:
    Movement.objects.filter(number=shop.released).update(reserved=F("reserved") + 2)
    Reservation.objects.filter(number=shop.released).update(quantity=F("quantity") + 2)
    StockItem.objects.update(reserved=F("reserved") + 2)
    return f"{shop.released} CUP"


@breaks("every delivery of inventory that is done has its effect", mends=True)
def departure_lost(shop: Shop, _stack: ExitStack) -> str:
    Movement.objects.get(number=shop.sent, kind="dispatched").delete()
    return shop.sent


@breaks("every effect of inventory is done in the ledger", mends=True)
def answer_that_is_not_done(shop: Shop, _stack: ExitStack) -> str:
    return ledger(shop, "reserve_stock", state=State.DISCARDED)
