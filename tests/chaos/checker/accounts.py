"""Invoice numbers, stock and figures: the sums that must come out whatever happened."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.orders import cents
from tests.chaos.checker.verdict import Violation

NUMBERS = "invoice numbers have no gap and no double"
STOCK = "stock is what its movements make, and never below zero"
FIGURES = "the figures are the sums of the orders"


def numbers_have_no_gap(evidence: Evidence) -> Iterator[Violation]:
    series: dict[tuple[str, int], list[int]] = defaultdict(list)
    for prefix, year, sequence in evidence.books.rows(
        "SELECT series, year, sequence FROM billing_invoice ORDER BY sequence"
    ):
        series[prefix, year].append(sequence)
    for name, numbers in series.items():
        if numbers != list(range(1, len(numbers) + 1)):
            missing = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
            doubled = sorted({one for one in numbers if numbers.count(one) > 1})
            what = f"misses {missing[:5]} and has twice {doubled[:5]}"
            yield Violation(NUMBERS, "-".join(map(str, name)), what)


def stock_adds_up(evidence: Evidence) -> Iterator[Violation]:
    for sku, on_hand, reserved, moved, promised in evidence.books.rows(
        "SELECT i.sku, i.on_hand, i.reserved, coalesce(sum(m.on_hand), 0), "
        "coalesce(sum(m.reserved), 0) FROM inventory_stockitem i "
        "LEFT JOIN inventory_movement m ON m.item_id = i.id GROUP BY i.sku, i.on_hand, i.reserved"
    ):
        if (on_hand, reserved) != (int(moved), int(promised)):
            what = f"has {on_hand} and {reserved} reserved; movements make {moved} and {promised}"
            yield Violation(STOCK, sku, what)
        if on_hand < 0 or reserved < 0:
            yield Violation(STOCK, sku, f"has {on_hand} on hand and {reserved} reserved")


def figures_equal_the_orders(evidence: Evidence) -> Iterator[Violation]:
    books = evidence.books
    orders, revenue = books.rows(
        "SELECT count(*), sum(total) FROM orders_order WHERE number IS NOT NULL"
    )[0]
    cancelled, reversed_ = books.rows(
        "SELECT count(*), sum(total) FROM orders_order WHERE state = 'cancelled'"
    )[0]
    rejected = books.one("SELECT count(*) FROM inventory_answer WHERE NOT granted")
    dispatched = books.one("SELECT count(*) FROM orders_order WHERE shipped_at IS NOT NULL")
    wanted = (orders, cents(revenue or 0), cancelled, cents(reversed_ or 0), rejected, dispatched)
    for table in ("analytics_dayfigures", "analytics_minutefigures"):
        found = books.rows(
            f"SELECT sum(orders), sum(revenue), sum(cancelled), sum(reversed_revenue), "
            f"sum(rejected), sum(dispatched) FROM {table}"
        )[0]
        if tuple(int(one or 0) for one in found) != wanted:
            yield Violation(FIGURES, table, f"say {found}, the orders make {wanted}")
    yield from _figures_of_products(evidence)


def _figures_of_products(evidence: Evidence) -> Iterator[Violation]:
    wanted: dict[str, list[int]] = {}
    for sku, units, revenue, state in evidence.books.rows(
        "SELECT l.sku, l.quantity, l.total, o.state FROM orders_orderline l "
        "JOIN orders_order o ON o.id = l.order_id WHERE o.number IS NOT NULL"
    ):
        amounts = [units, cents(revenue)]
        amounts += amounts if state == "cancelled" else [0, 0]
        wanted[sku] = [sum(pair) for pair in zip(wanted.get(sku, [0] * 4), amounts, strict=True)]
    found = {
        sku: [int(one) for one in sums]
        for sku, *sums in evidence.books.rows(
            "SELECT sku, sum(units), sum(revenue), sum(cancelled_units), sum(reversed_revenue) "
            "FROM analytics_productfigures GROUP BY sku"
        )
    }
    for sku in sorted(wanted.keys() | found.keys()):
        if found.get(sku) != wanted.get(sku):
            what = f"figures say {found.get(sku)}, the orders make {wanted.get(sku)}"
            yield Violation(FIGURES, sku, what)
