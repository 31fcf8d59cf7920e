"""What must be true of the figures, in a few sums; *rebuild_figures --check* compares every row."""

from collections.abc import Iterable, Iterator

from django.db.models import BigIntegerField, Count, Exists, FloatField, OuterRef, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Round

from analytics import services, tasks
from analytics.models import FIGURES, CountedFact, DayFigures, MinuteFigures, ProductFigures
from bus.audit import Effect, Finding, Operator, check, effects, once
from bus.models import Event

COUNTERS = {
    "OrderPlaced": ("orders", "revenue"),
    "OrderCancelled": ("cancelled", "reversed_revenue"),
    "StockRejected": ("rejected", None),
    "ShipmentDispatched": ("dispatched", None),
}
"""For each fact, the counter of how many there are, and the one of their totals."""


@check("the figures equal the sums of the events")
def figures_equal_events() -> Iterable[Finding]:
    for kind, (how_many, amount) in COUNTERS.items():
        count, hundredths = _events(kind, with_total=amount is not None)
        yield from _compared(how_many, count)
        if amount:
            yield from _compared(amount, hundredths)


@check("minutes, days and products tell the same")
def figures_agree() -> Iterable[Finding]:
    for counter in DayFigures.counters:
        days, minutes = _sum(DayFigures, counter), _sum(MinuteFigures, counter)
        if days != minutes:
            yield _drifted(counter, f"is {days} in all days but {minutes} in all minutes")
    for counter in ("units", "revenue", "reversed_revenue"):
        days, products = _sum(DayFigures, counter), _sum(ProductFigures, counter)
        if days != products:
            yield _drifted(counter, f"is {days} in all days but {products} in all products")


counted_once = once(
    "a fact is counted once",
    CountedFact.objects.all(),
    "kind",
    "number",
    asks="Remove all but one of the rows, then run this again: the figures may be too high.",
)

rows_once = [
    once(
        f"{figures._meta.verbose_name_plural} are in one row each",
        figures.objects.all(),
        *figures.key,
        asks="Remove all but one of the rows and run rebuild_figures.",
    )
    for figures in FIGURES
]

done_without_effect, effect_without_done = effects(
    "analytics",
    *(
        Effect(
            reaction=reaction,
            what="count in the figures",
            there=Exists(CountedFact.objects.filter(kind=kind, number=OuterRef("stream"))),
        )
        for reaction, kind in (
            (tasks.record_sales, "OrderPlaced"),
            (tasks.reverse_sales, "OrderCancelled"),
            (tasks.record_rejections, "StockRejected"),
            (tasks.record_dispatches, "ShipmentDispatched"),
        )
    ),
)


def _drifted(counter: str, what: str) -> Finding:
    return Finding(counter, what, repair=_rebuild)


def _rebuild(operator: Operator) -> str:
    """One rebuild serves all findings: the next one finds nothing to put right."""
    wrong = services.rebuild_figures(lambda _progress: None)
    if not wrong:
        return ""
    return operator.record("figures", f"{len(wrong)} counters were put right from the events")


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
        yield _drifted(counter, f"is {found} in all days but {wanted} in the events")


def _sum(figures: type[DayFigures | MinuteFigures | ProductFigures], counter: str) -> int:
    """The sum over all rows as the table holds it: amounts in hundredths."""
    whole = Cast(counter, BigIntegerField())
    return int(figures.objects.aggregate(sum=Sum(whole))["sum"] or 0)
