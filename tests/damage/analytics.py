"""Damage to the figures."""

from contextlib import ExitStack
from datetime import timedelta

from django.db.models import F

from analytics.models import CountedEvent, DayFigures, MinuteFigures, ProductFigures
from bus.models import State
from tests.damage.planting import breaks, ledger
from tests.damage.settled import Shop


@breaks("the figures equal the sums of the events", mends=True)
def figures_drifted(_shop: Shop, _stack: ExitStack) -> str:
    DayFigures.objects.update(orders=F("orders") + 1)
    MinuteFigures.objects.filter(pk=MinuteFigures.objects.earliest("minute").pk).update(
        orders=F("orders") + 1
    )
    return "orders"


@breaks("the figures equal the sums of the events", mends=True)
def products_lost(_shop: Shop, _stack: ExitStack) -> str:
    ProductFigures.objects.all().delete()
    return "units"


@breaks("the figures equal the sums of the events", mends=True)
def day_moved(_shop: Shop, _stack: ExitStack) -> str:
    DayFigures.objects.update(day=F("day") - timedelta(days=1))
    return "revenue"


@breaks("the figures equal the sums of the events", mends=True)
def cancelled_pieces_changed(_shop: Shop, _stack: ExitStack) -> str:
    ProductFigures.objects.update(cancelled_units=F("cancelled_units") + 1)
    return "cancelled_units"


@breaks("every delivery of analytics that is done has its effect", mends=True)
def count_lost(shop: Shop, _stack: ExitStack) -> str:
    CountedEvent.objects.get(number=shop.released).delete()
    return shop.released


@breaks("every effect of analytics is done in the ledger", mends=True)
def count_that_is_not_done(shop: Shop, _stack: ExitStack) -> str:
    return ledger(shop, "record_sales", state=State.DISCARDED)
