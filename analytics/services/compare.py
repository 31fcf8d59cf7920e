"""Comparing the figures with the events, whose sums the database makes."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.db import connection

from analytics.fields import AmountField
from analytics.models import FIGURES, Correction, MinuteFigures, ProductFigures
from analytics.services.aggregate import Key
from analytics.services.upsert import Figures
from bus.store.database import db
from bus.store.snapshot import one_moment

# Amounts are made whole numbers before they are added, so that sums are exact on every database.
THOUSANDTHS = "CAST(ROUND(CAST({} ->> '{}' AS double precision) * 1000) AS bigint)"
PIECES = "CAST(l.value ->> 'quantity' AS integer)"
CURRENCY = "COALESCE(e.data ->> 'currency', '')"

OF_THE_SHOP = {
    "OrderPlaced": {
        "orders": "1",
        "units": f"(SELECT SUM({PIECES}) FROM {{lines}})",  # noqa: S608 -- constants alone
        "revenue": THOUSANDTHS.format("e.data", "total"),
        "net": THOUSANDTHS.format("e.data", "net"),
    },
    "OrderCancelled": {
        "cancelled": "1",
        "reversed_revenue": THOUSANDTHS.format("e.data", "total"),
    },
    "StockRejected": {"rejected": "1"},
    "ShipmentDispatched": {"dispatched": "1"},
}
"""By event and counter of its minute and day: what it adds, in SQL."""

OF_A_PRODUCT = {
    "OrderPlaced": {"units": PIECES, "revenue": THOUSANDTHS.format("l.value", "total")},
    "OrderCancelled": {
        "cancelled_units": PIECES,
        "reversed_revenue": THOUSANDTHS.format("l.value", "total"),
    },
}
"""By event and counter of its lines' products: what each line adds, in SQL."""

FIRST_ID = 10**18
# With as many digits each, ids are in order as texts, too; so the last name is the greatest text.
LAST_NAME = f"MAX(CAST(e.id + {FIRST_ID} AS text) || (l.value ->> 'name'))"


@dataclass(frozen=True)
class Difference:
    """A counter whose value is not the sum of the events."""

    figures: Figures
    row: Key
    counter: str
    found: Any
    wanted: Any
    label: str = ""

    @property
    def missing(self) -> Any:
        """What to add to the counter; negative if it is too high."""
        return self.wanted - self.found

    def __str__(self) -> str:
        row = " ".join(map(str, self.row)).strip()
        name = self.figures._meta.verbose_name
        return f"{name} {row}: {self.counter} is {self.found}, but {self.wanted} in the events"


@dataclass(frozen=True)
class Comparison:
    """The differences at one moment, and the number of the last correction before it."""

    last_correction: int
    differences: list[Difference]


def compare_figures() -> Comparison:
    """Compare all figures with the events counted in them, in one snapshot.

    An event that is not counted yet is no difference: its delivery is still open. Reads no
    personal data.
    """
    with one_moment():
        last = Correction.objects.first()
        found = [difference for figures in FIGURES for difference in _compare(figures)]
    return Comparison(last.sequence if last else 0, found)


def _compare(figures: Figures) -> Iterator[Difference]:
    sums, names = _from_events(figures)
    size = len(figures.key)
    columns = (*figures.key, *figures.counters)
    rows = {
        row[:size]: Counter(dict(zip(figures.counters, row[size:], strict=True)))
        for row in figures.objects.order_by(*figures.key).values_list(*columns).iterator()
    }
    for row in [*rows, *(sums.keys() - rows.keys())]:
        found, wanted = rows.get(row, Counter()), sums.get(row, Counter())
        for counter in figures.counters:
            if found[counter] != wanted[counter]:
                label = names.get(row, "")
                yield Difference(figures, row, counter, found[counter], wanted[counter], label)


def _from_events(figures: Figures) -> tuple[dict[Key, Counter[str]], dict[Key, str]]:
    """The sums of the counted events by row, and for products the name that each was sold by."""
    sums: dict[Key, Counter[str]] = defaultdict(Counter)
    names: dict[Key, str] = {}
    products, lines, size = figures is ProductFigures, db.elements("lines"), len(figures.key)
    span, parameters = _span(figures)
    key = f"{span}, l.value ->> 'sku', {CURRENCY}" if products else f"{span}, {CURRENCY}"
    source = f"bus_event e, {lines}" if products else "bus_event e"
    for kind, shares in (OF_A_PRODUCT if products else OF_THE_SHOP).items():
        columns = [f"SUM({share.format(lines=lines)})" for share in shares.values()]
        columns.append(LAST_NAME if products else "''")
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {key}, {', '.join(columns)} FROM {source} WHERE e.type = %s AND EXISTS ("  # noqa: S608 -- put together from the constants above
                "SELECT 1 FROM analytics_countedfact c WHERE c.kind = e.type "
                f"AND c.number = e.stream) GROUP BY {', '.join('123'[:size])}",
                [*parameters, kind],
            )
            for *values, name in cursor:
                row = (_started(figures, values[0]), *values[1:size])
                for counter, value in zip(shares, values[size:], strict=True):
                    field = figures._meta.get_field(counter)
                    sums[row][counter] = _read(field, int(value or 0))
                names[row] = max(names.get(row, ""), name)
    return sums, {row: name[len(str(FIRST_ID)) :] for row, name in names.items()}


def _read(field: Any, whole: int) -> Any:
    """What the figures' column would give for that number: an amount in thousandths, or a count."""
    return field.from_db_value(whole) if isinstance(field, AmountField) else whole


def _span(figures: Figures) -> tuple[str, tuple[Any, ...]]:
    """SQL for the minute or day of the event `e`, and its parameters."""
    at = db.instant("e.data ->> 'at'")
    if figures is MinuteFigures:
        return connection.ops.datetime_trunc_sql("minute", at, (), "UTC")
    return connection.ops.datetime_cast_date_sql(at, (), settings.TIME_ZONE)


def _started(figures: Figures, span: Any) -> date:
    """The minute or day as the row has it; SQLite returns text, PostgreSQL minutes without zone."""
    if figures is MinuteFigures:
        return datetime.fromisoformat(str(span)).replace(tzinfo=UTC)
    return date.fromisoformat(str(span))
