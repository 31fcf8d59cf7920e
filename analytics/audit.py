"""What must be true of the figures, in a few sums; *rebuild_figures --check* compares every row."""

from collections.abc import Iterable, Iterator

from django.db.models import BigIntegerField, Count, Exists, FloatField, OuterRef, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Round

from analytics.models import CountedFact, DayFigures, MinuteFigures, ProductFigures
from bus.audit import Finding, check
from bus.models import Event
from shop.moment import one_moment

COUNTERS = {
    "OrderPlaced": ("orders", "revenue"),
    "OrderCancelled": ("cancelled", "reversed_revenue"),
    "StockRejected": ("rejected", None),
    "ShipmentDispatched": ("dispatched", None),
}
"""For each fact, the counter of how many there are, and the one of their totals."""


@check("the figures equal the sums of the events")
def figures_equal_events() -> Iterable[Finding]:
    with one_moment():
        for kind, (how_many, amount) in COUNTERS.items():
            count, hundredths = _events(kind, with_total=amount is not None)
            yield from _compared(how_many, count)
            if amount:
                yield from _compared(amount, hundredths)


@check("minutes, days and products tell the same")
def figures_agree() -> Iterable[Finding]:
    with one_moment():
        for counter in DayFigures.counters:
            days, minutes = _sum(DayFigures, counter), _sum(MinuteFigures, counter)
            if days != minutes:
                yield Finding(counter, f"is {days} in all days but {minutes} in all minutes")
        for counter in ("units", "revenue", "reversed_revenue"):
            days, products = _sum(DayFigures, counter), _sum(ProductFigures, counter)
            if days != products:
                yield Finding(counter, f"is {days} in all days but {products} in all products")


def _events(kind: str, *, with_total: bool) -> tuple[int, int]:
    """How many counted events there are, and the sum of their totals in hundredths."""
    counted = CountedFact.objects.filter(kind=kind, number=OuterRef("stream"))
    events = Event.objects.filter(Exists(counted), type=kind)
    if not with_total:
        return events.count(), 0
    # Each total is made a whole number before the sum, so that the sum is exact everywhere.
    hundredths = Cast(Round(Cast(KT("data__total"), FloatField()) * 100), BigIntegerField())
    sums = events.aggregate(count=Count("id"), hundredths=Sum(hundredths))
    return sums["count"], int(sums["hundredths"] or 0)


def _compared(counter: str, wanted: int) -> Iterator[Finding]:
    found = _sum(DayFigures, counter)
    if found != wanted:
        yield Finding(counter, f"is {found} in all days but {wanted} in the events")


def _sum(figures: type[DayFigures | MinuteFigures | ProductFigures], counter: str) -> int:
    """The sum over all rows as the table holds it: amounts in hundredths."""
    whole = Cast(counter, BigIntegerField())
    return int(figures.objects.aggregate(sum=Sum(whole))["sum"] or 0)
