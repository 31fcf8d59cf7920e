"""What an order costs until everything that follows from it is done."""

import statistics
from collections import defaultdict
from typing import Any

from bench.bars import OTHER_LOAD, Bar, percentile, ratio
from bench.contenders import BARE, NAIVE_CELERY, SHOP, Contender
from bench.load import closed_loop
from bench.machine import between
from bench.measures.result import Result, Say, Size, Table

CUSTOMERS = 4
PARTS = ("shop", "database", "redis")
"""What counts; the stubs' share is told and not counted."""
TIMES_CHEAPER = 3.0
WARM_UP = 40
"""Orders before any that count: what each process does once in its life is no order's cost."""


def measure(contenders: dict[str, Contender], size: Size, say: Say) -> Result:
    """All contenders in turn, as often as `size` says: so many orders, then until all is done."""
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    unusable = 0
    for name, contender in contenders.items():
        say(f"end to end, {name}, warming up")
        _run(contender, WARM_UP, turn=size.repetitions)
    for turn in range(size.repetitions):
        for name, contender in contenders.items():
            say(f"end to end, {name}, {turn + 1} of {size.repetitions}")
            run = _run(contender, size.orders, turn)
            unusable += not run["usable"]
            runs[name].append(run)
    pairs = [
        (naive["cost"], shop["cost"])
        for naive, shop in zip(runs[NAIVE_CELERY.name], runs[SHOP.name], strict=True)
        if naive["usable"] and shop["usable"]
    ]
    cheaper = ratio([naive for naive, _ in pairs], [shop for _, shop in pairs])
    note = "" if pairs else OTHER_LOAD
    failed = sum(run["errors"] for run in runs[SHOP.name])
    return Result(
        bars=[
            Bar("CPU per order, (c) naive / (d) shop", cheaper, TIMES_CHEAPER, " x", True, note),
            Bar("orders that failed, (d) shop", failed, 0),
        ],
        tables=[_table(contenders, runs)],
        figures={"end to end": runs},
        unusable=unusable,
    )


def _run(contender: Contender, orders: int, turn: int) -> dict[str, Any]:
    with contender.awake():
        meter = contender.meter()
        before = meter.read()
        answers = closed_loop(contender.port, orders, CUSTOMERS, seed=turn)
        contender.orders += len(answers.took)
        contender.wait_until_settled()
        used = between(before, meter.read())
        memory = contender.memory()
    answered = len(answers.took)
    if not answered:
        raise RuntimeError(f"{contender.kind.name} answered no order.")
    per_order = {part: 1000 * seconds / answered for part, seconds in used.trees.items()}
    return {
        "cost": sum(per_order[part] for part in PARTS),
        "parts": per_order,
        "orders per second": answered / used.wall,
        "errors": answers.errors,
        "p50": percentile(answers.took, 0.50),
        "p95": percentile(answers.took, 0.95),
        "p99": percentile(answers.took, 0.99),
        "memory": memory,
        "other load": used.other,
        "usable": used.usable,
    }


def _table(contenders: dict[str, Contender], runs: dict[str, list[dict[str, Any]]]) -> Table:
    head = ["", "CPU ms", "times bare", "processes", "database", "Redis", "stubs"]
    head += ["orders/s", "p50 ms", "p95 ms", "p99 ms", "largest MB", "errors"]
    bare = statistics.median(run["cost"] for run in runs[BARE.name])
    rows = [head]
    for name, of in runs.items():
        kind = contenders[name].kind

        def middle(key: str, of: list[dict[str, Any]] = of) -> float:
            return statistics.median(run[key] for run in of)

        def part(key: str, of: list[dict[str, Any]] = of) -> str:
            return f"{statistics.median(run['parts'][key] for run in of):.1f}"

        largest = max(max(run["memory"].values()) for run in of)
        row = [f"({kind.letter}) {name}: {kind.what}", f"{middle('cost'):.1f}"]
        row += [f"{middle('cost') / bare:.1f}", *map(part, (*PARTS, "stubs"))]
        row += [f"{middle('orders per second'):.1f}"]
        row += [f"{1000 * middle(key):.0f}" for key in ("p50", "p95", "p99")]
        row += [f"{largest:.0f}", str(sum(run["errors"] for run in of))]
        rows.append(row)
    note = (
        f"{CUSTOMERS} customers, each orders again once answered; CPU milliseconds per order "
        "until its last effect; the stubs are not counted."
    )
    return Table("End to end", rows, note)
