"""The audit's rules for the figures: every row is the sum of the events counted in it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import BigIntegerField, Exists, OuterRef
from django.db.models.functions import Cast

from analytics import services, tasks
from analytics.models import FIGURES, CountedEvent, DayFigures, MinuteFigures, ProductFigures
from bus.audit import Effect, Finding, Operator, check, effects, listed, once

Figures = type[DayFigures | MinuteFigures | ProductFigures]
Sums = Counter[tuple[str, str]]
"""By (row's key as text, counter), in whole numbers: amounts in thousandths."""

PIECES = "CAST(l.value ->> 'quantity' AS integer)"
# Amounts are made whole numbers before they are added, so that sums are exact on every database.
THOUSANDTHS = "CAST(ROUND(CAST({} AS double precision) * 1000) AS bigint)"
CURRENCY = "COALESCE(e.data ->> 'currency', '')"
TOTAL = THOUSANDTHS.format("e.data ->> 'total'")
LINE_TOTAL = THOUSANDTHS.format("l.value ->> 'total'")

OF_THE_SHOP = {
    "OrderPlaced": {
        "orders": "1",
        "units": "(SELECT SUM(CAST(l.value ->> 'quantity' AS integer)) FROM {lines})",
        "revenue": TOTAL,
        "net": THOUSANDTHS.format("e.data ->> 'net'"),
    },
    "OrderCancelled": {"cancelled": "1", "reversed_revenue": TOTAL},
    "StockRejected": {"rejected": "1"},
    "ShipmentDispatched": {"dispatched": "1"},
}
"""By event and counter of its minute and day: what it adds, in SQL."""

OF_A_PRODUCT = {
    "OrderPlaced": {"units": PIECES, "revenue": LINE_TOTAL},
    "OrderCancelled": {"cancelled_units": PIECES, "reversed_revenue": LINE_TOTAL},
}
"""By event and counter of its lines' products: what each line adds, in SQL."""


@check("the figures equal the sums of the events")
def figures_equal_events() -> Iterator[Finding]:
    for figures in FIGURES:
        wanted, found = _from_events(figures), _from_table(figures)
        for counter in figures.counters:
            rows = sorted(row for row, of in wanted.keys() | found.keys() if of == counter)
            wrong = [row for row in rows if wanted[row, counter] != found[row, counter]]
            if wrong:
                key = wrong[0], counter
                yield _drifted(figures, key, found[key], wanted[key], len(wrong) - 1)


counted_once = once(
    "an event is counted once",
    CountedEvent.objects.all(),
    "kind",
    "number",
    asks="Delete all but one of the rows, then audit again: the figures may be too high.",
)

rows_once = [
    once(
        f"{figures._meta.verbose_name_plural} are in one row each",
        figures.objects.all(),
        *figures.key,
        asks="Delete all but one of the rows, then run manage.py rebuild_figures.",
    )
    for figures in FIGURES
]

done_without_effect, effect_without_done = effects(
    "analytics",
    *(
        Effect(
            handler=handler,
            what="count in the figures",
            there=Exists(CountedEvent.objects.filter(kind=kind, number=OuterRef("stream"))),
        )
        for handler, kind in (
            (tasks.record_sales, "OrderPlaced"),
            (tasks.reverse_sales, "OrderCancelled"),
            (tasks.record_rejections, "StockRejected"),
            (tasks.record_dispatches, "ShipmentDispatched"),
        )
    ),
)


def _drifted(figures: Figures, key: tuple[str, str], found: int, wanted: int, more: int) -> Finding:
    row, counter = key
    where = f"{figures._meta.verbose_name_plural}, {row}"
    others = f"; so are {more} more rows" if more else ""
    what = f"is {found} in the {where}, but {wanted} in the events{others}"
    return Finding(counter, what, repair=_rebuild)


def _rebuild(operator: Operator) -> str:
    """One rebuild corrects all findings; the repairs after it find nothing to do."""
    wrong = services.rebuild_figures(lambda _progress: None)
    if not wrong:
        return ""
    return operator.record("figures", f"{len(wrong)} counters were corrected from the events")


def _from_events(figures: Figures) -> Sums:
    """The sums of the counted events."""
    products = figures is ProductFigures
    span, values = _span(figures)
    lines = listed("lines")
    key, source, group = f"{span}, {CURRENCY}", "", "1, 2"
    if products:
        key, source = f"{span}, l.value ->> 'sku', {CURRENCY}", f", {lines}"
        group = "1, 2, 3"
    sums: Sums = Counter()
    for kind, shares in (OF_A_PRODUCT if products else OF_THE_SHOP).items():
        columns = ", ".join(f"SUM({share.format(lines=lines)})" for share in shares.values())
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {key}, {columns} FROM bus_event e{source} WHERE e.type = %s AND EXISTS ("  # noqa: S608 -- put together from the constants above
                "SELECT 1 FROM analytics_countedfact c WHERE c.kind = e.type "
                f"AND c.number = e.stream) GROUP BY {group}",
                [*values, kind],
            )
            for row in cursor:
                _add(sums, figures, row, tuple(shares))
    return sums


def _from_table(figures: Figures) -> Sums:
    """The counters of the table's rows."""
    sums: Sums = Counter()
    whole = [Cast(counter, BigIntegerField()) for counter in figures.counters]
    for row in figures.objects.order_by().values_list(*figures.key, *whole).iterator():
        _add(sums, figures, row, figures.counters)
    return sums


def _add(sums: Sums, figures: Figures, row: tuple[Any, ...], counters: tuple[str, ...]) -> None:
    size = len(figures.key)
    # SQLite returns instants and days as text, PostgreSQL computed instants without a zone.
    key = " ".join(str(value).removesuffix("+00:00") for value in row[:size]).strip()
    for counter, value in zip(counters, row[size:], strict=True):
        sums[key, counter] += int(value or 0)


def _span(figures: Figures) -> tuple[str, tuple[Any, ...]]:
    """SQL for the minute or day of the event `e`, and its parameters."""
    at = "e.data ->> 'at'"
    if connection.vendor == "postgresql":
        at = f"CAST({at} AS timestamptz)"
    else:
        # Fractions are cut off: SQLite would round 59.9996 s up into the next minute.
        zone = f"CASE SUBSTR({at}, -1) WHEN 'Z' THEN '' ELSE SUBSTR({at}, -6) END"
        at = f"DATETIME(SUBSTR({at}, 1, 19) || {zone})"
    if figures is MinuteFigures:
        return connection.ops.datetime_trunc_sql("minute", at, (), "UTC")
    return connection.ops.datetime_cast_date_sql(at, (), settings.TIME_ZONE)
