"""Whether a pace holds: on a new ledger, and beside a held snapshot.

No VACUUM and no ANALYZE but PostgreSQL's own.
"""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from bench.bars import OTHER_LOAD, Bar, ratio
from bench.ledger import Cost, Ledger, Setup
from bench.measures.result import Result, Say, Size, Table
from bench.site import Site

BATCH, ALONE = Setup(), Setup(batch=1)
LONE_SHARE = 6
"""Of so many deliveries in batches one is done alone."""
LEAST_KEPT = 0.8
"""Of the first turn's rate, the last one's: in the median start."""
LEAST_KEPT_EVER = 0.6
"""The same in the worst start."""
MOST_TIMES_CPU = 1.15
LEAST_TIMES_RATE = 0.85

HEAD = ["", *map(str, range(1, 11))]
NOTE = "Deliveries a second, turn by turn; CPU is the ratio of a turn beside it to one without."


def measure(site: Site, size: Size, say: Say) -> Result:
    result = Result()
    rows = [HEAD[: size.turns + 1]]
    kept = []
    for start in range(size.starts):
        costs = _from_new(site, size, say, start)
        rates = [cost.per_second for cost in costs]
        rows.append([f"new ledger, start {start + 1}", *(f"{rate:.0f}" for rate in rates)])
        if all(cost.used.usable for cost in costs):
            kept.append(rates[-1] / rates[0])
        result.unusable += sum(not cost.used.usable for cost in costs)
    result.bars += _sustained(kept)
    for what, setup in (("in batches", BATCH), ("alone", ALONE)):
        plain, held = _in_turns(site, size, say, what, setup)
        times = [
            one.per_delivery / other.per_delivery for one, other in zip(held, plain, strict=True)
        ]
        rows += [
            [f"{what}, no snapshot", *(f"{cost.per_second:.0f}" for cost in plain)],
            [f"{what}, held snapshot", *(f"{cost.per_second:.0f}" for cost in held)],
            [f"{what}, CPU", *(f"{one:.2f}" for one in times)],
        ]
        result.bars += _held(what, plain, held)
        result.unusable += sum(not cost.used.usable for cost in (*plain, *held))
    result.tables = [Table("The pace", rows, NOTE)]
    result.figures = {"pace": rows}
    return result


def _from_new(site: Site, size: Size, say: Say, start: int) -> list[Cost]:
    ledger = Ledger(site, f"new-{start}")
    found = []
    with ledger.running(BATCH) as running:
        for turn in range(size.turns):
            say(f"a new ledger, start {start + 1}, turn {turn + 1} of {size.turns}")
            found.append(running.work(size.deliveries // BATCH.subscriptions))
    return found


def _sustained(kept: Sequence[float]) -> list[Bar]:
    note = "" if kept else OTHER_LOAD
    median, worst = (statistics.median(kept), min(kept)) if kept else (0.0, 0.0)
    return [
        Bar("sustained, last turn's rate / first's", median, LEAST_KEPT, " x", True, note),
        Bar("sustained, the worst start", worst, LEAST_KEPT_EVER, " x", True, note),
    ]


def _in_turns(
    site: Site, size: Size, say: Say, what: str, setup: Setup
) -> tuple[list[Cost], list[Cost]]:
    """The costs of a ledger without and of one with a held snapshot, which take turns."""
    plain, held = Ledger(site, f"plain-{setup.batch}"), Ledger(site, f"held-{setup.batch}")
    costs: dict[Ledger, list[Cost]] = {plain: [], held: []}
    deliveries = size.deliveries // (1 if setup.batch > 1 else LONE_SHARE)
    with ExitStack() as stack:
        running = [stack.enter_context(ledger.running(setup)) for ledger in (plain, held)]
        stack.enter_context(_snapshot(held))
        for turn in range(size.turns):
            say(f"beside a held snapshot, {what}, turn {turn + 1} of {size.turns}")
            for one in running if turn % 2 == 0 else reversed(running):
                costs[one.ledger].append(one.work(deliveries // setup.subscriptions))
    return costs[plain], costs[held]


@contextmanager
def _snapshot(ledger: Ledger) -> Iterator[None]:
    """As a backup or a report holds one."""
    with ledger.books.connect() as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SELECT count(*) FROM bus_event")
        yield


def _held(what: str, plain: Sequence[Cost], held: Sequence[Cost]) -> list[Bar]:
    pairs = [
        (one, other)
        for one, other in zip(held, plain, strict=True)
        if one.used.usable and other.used.usable
    ]
    note = "" if pairs else OTHER_LOAD
    cpu = ratio([one.per_delivery for one, _ in pairs], [other.per_delivery for _, other in pairs])
    rate = ratio([one.per_second for one, _ in pairs], [other.per_second for _, other in pairs])
    return [
        Bar(f"held snapshot, {what}, CPU", cpu, MOST_TIMES_CPU, " x", note=note),
        Bar(f"held snapshot, {what}, rate", rate, LEAST_TIMES_RATE, " x", True, note),
    ]
