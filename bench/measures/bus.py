"""What the bus costs by itself: a delivery, a relay, a long history, a second process."""

import os

from bench.bars import Bar
from bench.ledger import Cost, Ledger, Setup
from bench.measures.result import Result, Say, Size, Table
from bench.site import Site

BATCH, ALONE = Setup(), Setup(batch=1)
MOST = {"batch": 0.8, "alone": 4.0}
"""CPU milliseconds of relay, worker, database and Redis for one delivery."""
FEWEST_SENT = 2_500.0
"""Deliveries a second that one relay routes and sends."""
MOST_GROWTH = 1.25
MOST_MB = {"relay": 90.0, "worker child": 120.0}
FLAT = 1.05
"""How much larger a worker child may be after twice as many deliveries."""
TWICE_AS_FAST = 1.7
CORES_FOR_TWO = 4
MANY = 50
BACKLOG = 100_000


def measure(site: Site, size: Size, say: Say) -> Result:
    """All of it on one ledger that grows from empty to as long as `size` says."""
    ledger = Ledger(site, "ledger")
    n = size.deliveries
    rows = [["finished before", "subscriptions", "batch", "backlog", "CPU ms", "per second"]]
    result = Result(tables=[Table("The bus alone, per delivery", rows)])

    def work(what: str, setup: Setup, deliveries: int, finished: int = 0) -> Cost:
        say(f"the bus alone: {what}")
        cost = ledger.work(setup, deliveries // setup.subscriptions)
        _add(rows, setup, cost, finished)
        result.unusable += not cost.used.usable
        return cost

    batch = work("in batches", BATCH, n)
    alone = work("one by one", ALONE, n // 5)
    many = work("50 subscriptions", Setup(subscriptions=MANY), n)
    say("the relay alone")
    sent = ledger.send(BATCH, n // 5)
    say(f"the bus alone: a backlog of {BACKLOG:,}")
    behind = ledger.work_off(BATCH, BACKLOG, seconds=min(10, size.seconds))
    _add(rows, BATCH, behind, 0, backlog=BACKLOG)
    result.bars += [
        Bar("bus, a delivery in a batch of 50", batch.per_delivery, MOST["batch"], " ms"),
        Bar("bus, a delivery alone", alone.per_delivery, MOST["alone"], " ms"),
        Bar("relay, deliveries a second", sent.per_second, FEWEST_SENT, "/s", at_least=True),
        _growth("50 subscriptions", many, batch),
        _growth(f"a backlog of {BACKLOG:,}", behind, batch),
    ]
    longer = work("twice as many deliveries", BATCH, 2 * n)
    result.bars += _memory(batch, longer)
    result.bars += _second(batch, work("two relays, two workers", Setup(relays=2, workers=2), n))
    finished = 0
    for history in size.history:
        say(f"a history of {history:,} finished deliveries")
        ledger.grow_old(history - finished)
        finished = history
        cost = work(f"after {history:,}", BATCH, n, history)
        single = work(f"one by one after {history:,}", ALONE, n // 5, history)
        result.bars += [
            _growth(f"{history:,} finished", cost, batch),
            _growth(f"{history:,} finished, alone", single, alone),
        ]
    result.figures = {"bus": rows, "relay alone": sent.per_second}
    return result


def _growth(what: str, cost: Cost, plain: Cost) -> Bar:
    times = cost.per_delivery / plain.per_delivery
    return Bar(f"bus with {what}, CPU", times, MOST_GROWTH, " x")


def _memory(once: Cost, twice: Cost) -> list[Bar]:
    """The largest that each was, and whether a worker child grows with what it does."""
    times = twice.memory["worker child"] / once.memory["worker child"]
    return [
        *(
            Bar(f"memory, {what}", twice.memory[what], most, " MB")
            for what, most in MOST_MB.items()
        ),
        Bar("memory, worker child after twice as many", times, FLAT, " x"),
    ]


def _second(one: Cost, two: Cost) -> list[Bar]:
    cores = os.cpu_count() or 1
    note = "" if cores >= CORES_FOR_TWO else f"not judged: {cores} cores"
    times = two.per_second / one.per_second
    return [Bar("two relays and workers, rate", times, TWICE_AS_FAST, " x", True, note)]


def _add(rows: list[list[str]], setup: Setup, cost: Cost, finished: int, backlog: int = 0) -> None:
    rows.append([
        f"{finished:,}", str(setup.subscriptions), str(setup.batch), f"{backlog:,}",
        f"{cost.per_delivery:.2f}", f"{cost.per_second:.0f}",
    ])  # fmt: skip
