"""The figures of each day and product, against the orders, their lines and the stock's answers."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.verdict import Violation

FIGURES = "the figures of each day are the sums of its orders"
ZONE = ZoneInfo(os.environ.get("TIME_ZONE", "Europe/Berlin"))
"""The shop's: its day begins at midnight there."""

COLUMNS = (
    "orders", "units", "revenue", "net", "cancelled", "reversed_revenue", "rejected", "dispatched",
)  # fmt: skip
OF_PRODUCTS = ("units", "revenue", "cancelled_units", "reversed_revenue")

Sums = dict[str, Counter[str]]
"""By day, or by day and SKU: how much of what."""


def figures_equal_the_orders(evidence: Evidence) -> Iterator[Violation]:
    days, products = _days(evidence), _products(evidence)
    for table, key, columns, wanted in (
        ("analytics_dayfigures", "day, ''", COLUMNS, days),
        ("analytics_minutefigures", "minute, ''", COLUMNS, days),
        ("analytics_productfigures", "day, sku", OF_PRODUCTS, products),
    ):
        found: Sums = defaultdict(Counter)
        for at, sku, *amounts in evidence.books.rows(
            f"SELECT {key}, {', '.join(columns)} FROM {table}"
        ):
            sums = dict(zip(columns, map(int, amounts), strict=True))
            found[_key(at, sku)].update(sums)
        yield from _compare(table, columns, found, wanted)


def _compare(
    table: str, columns: tuple[str, ...], found: Sums, wanted: Sums
) -> Iterator[Violation]:
    for key in sorted(found.keys() | wanted.keys()):
        for column in columns:
            says, makes = found.get(key, Counter())[column], wanted.get(key, Counter())[column]
            if says != makes:
                what = f"says {says} {column}, the orders make {makes}"
                yield Violation(FIGURES, f"{table} {key}", what)


def _days(evidence: Evidence) -> Sums:
    """A sale counts on the day it was made, and a cancellation on its own."""
    sums: Sums = defaultdict(Counter)
    for placed_at, cancelled_at, shipped_at, state, total, net, units in evidence.books.rows(
        "SELECT o.placed_at, o.cancelled_at, o.shipped_at, o.state, o.total, o.net, "
        "(SELECT sum(l.quantity) FROM orders_orderline l WHERE l.order_id = o.id) "
        "FROM orders_order o WHERE o.number IS NOT NULL"
    ):
        sums[_key(placed_at)].update(
            orders=1, units=int(units or 0), revenue=thousandths(total), net=thousandths(net)
        )
        if state == "cancelled":
            sums[_key(cancelled_at)].update(cancelled=1, reversed_revenue=thousandths(total))
        if shipped_at is not None:
            sums[_key(shipped_at)].update(dispatched=1)
    for (at,) in evidence.books.rows("SELECT at FROM inventory_answer WHERE NOT granted"):
        sums[_key(at)].update(rejected=1)
    return sums


def _products(evidence: Evidence) -> Sums:
    sums: Sums = defaultdict(Counter)
    for placed_at, cancelled_at, state, sku, units, total in evidence.books.rows(
        "SELECT o.placed_at, o.cancelled_at, o.state, l.sku, l.quantity, l.total "
        "FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id "
        "WHERE o.number IS NOT NULL"
    ):
        sums[_key(placed_at, sku)].update(units=units, revenue=thousandths(total))
        if state == "cancelled":
            cancelled = {"cancelled_units": units, "reversed_revenue": thousandths(total)}
            sums[_key(cancelled_at, sku)].update(cancelled)
    return sums


def thousandths(amount: object) -> int:
    """As the figures keep amounts; SQLite keeps decimals as text or as floats."""
    return round(float(str(amount)) * 1000)


def _key(at: object, sku: str = "") -> str:
    """The day of an instant in the shop's zone, or a day as it is; SQLite keeps both as text."""
    text = str(at)
    if " " in text:
        instant = datetime.fromisoformat(text)
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        text = instant.astimezone(ZONE).date().isoformat()
    return f"{text} {sku}".strip()
