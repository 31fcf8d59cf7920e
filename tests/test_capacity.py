"""The figures of docs/capacity.md are those of docs/performance.md, and its table follows them."""

import math
import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "capacity.md").read_text()
MEASURED = (DOCS / "performance.md").read_text()
LOAD = 0.6
"""How busy the machines are at the peak."""


def tenths_up(number: float) -> float:
    return math.ceil(round(number * 10, 6)) / 10


def test_costs_of_an_order_are_those_measured() -> None:
    (shop,) = re.findall(r"\(d\) shop: events and a +(.+)", MEASURED)
    _cpu, _ratio, processes, database, redis, _stubs, rate, *_ = shop.split()

    for value in (f"{processes} CPU ms", f"{database} CPU ms", f"{redis} CPU ms", f"| {rate} |"):
        assert value in PAGE, value
    assert (
        "all middlewares run in one thread: a checkout in the web server, CPU ms | 9.8 | 8.7 |"
        in MEASURED
    )
    for bar, value in {
        "relay, deliveries a second": "17,381",
        "memory, relay": "88.1",
        "memory, worker child": "92.3",
    }.items():
        assert re.search(rf"{bar} .* {value}[/ ]", MEASURED), bar
        assert value in PAGE


def test_table_follows_the_formula() -> None:
    rows = re.findall(
        r"^\| ([\d,]+) \| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \| (\d+) \|", PAGE, re.MULTILINE
    )

    assert len(rows) == 5
    for row in rows:
        rate, deliveries, shop, database, web = (float(cell.replace(",", "")) for cell in row)
        assert deliveries == 9 * rate
        assert shop == tenths_up(rate * 0.0281 / LOAD)
        assert database == tenths_up(rate * 0.0073 / LOAD)
        assert web == max(2, math.ceil(rate * 0.0087 / LOAD))


def test_limits_of_one_ledger_follow_the_figures() -> None:
    assert f"{math.floor(16 * LOAD / 0.0073):,} orders a second" in PAGE
    assert f"{17_381 // 9:,} orders" in PAGE
    assert f"{round(9_000 * 86_400 / 10**6)} million a day" in PAGE
    assert f"{math.ceil(100 * 2 * 0.2 / LOAD)} processes" in PAGE


def test_shares_of_the_queues_are_those_of_the_profile() -> None:
    cost = {
        name: float(ms) for name, ms in re.findall(r"^  (\w+) +(\d\.\d\d) ", MEASURED, re.MULTILINE)
    }
    queues = {
        "notifications": ("send_order_confirmation", "send_invoice"),
        "billing": ("issue_invoice", "draw_document"),
        "fulfillment": ("open_shipment", "release_shipment"),
        "inventory": ("reserve_stock",),
        "orders": ("note_reservation",),
        "analytics": ("record_sales",),
    }
    whole = sum(cost[name] for names in queues.values() for name in names)

    for queue, names in queues.items():
        share = round(100 * sum(cost[name] for name in names) / whole)
        assert f"{queue} ({share} %)" in PAGE, (queue, share)
