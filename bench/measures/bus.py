"""What the bus costs by itself: a delivery, a relay, a long history, a second process."""

import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.bars import Bar, ratio
from bench.ledger import Cost, Ledger, Running, Setup
from bench.measures.result import Result, Say, Size, Table
from bench.site import Site

BATCH, ALONE = Setup(), Setup(batch=1)
RELAY_ALONE = Setup(workers=0, window=10_000_000)
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
WORKED_OFF = 3.0
"""Seconds of work on a backlog in one turn."""
LONE_SHARE = 5
"""Of so many deliveries in batches one is done alone: it costs that much more."""

Burst = Callable[[Running], Cost]
HEAD = ["", "finished before", "subscriptions", "batch", "backlog", "CPU ms", "per second"]


@dataclass
class Bench:
    """Two ledgers that take turns: one stays short, the other one becomes what is asked about."""

    short: Ledger
    long: Ledger
    size: Size
    say: Say
    rows: list[list[str]] = field(default_factory=lambda: [HEAD])
    pairs: dict[str, Any] = field(default_factory=dict)
    unusable: int = 0

    def in_turn(
        self, what: str, plain: Setup, other: Setup, burst: Burst, *, backlog: int = 0
    ) -> Bar:
        """How many times as much CPU a delivery costs in the long ledger as in the short one.

        Both run, one of them frozen, and each of the bursts is measured right after one of the
        short ledger: the bar is the median of the pairs' ratios.
        """
        costs: dict[str, list[Cost]] = {"short": [], "long": []}
        with self.short.running(plain) as short, self.long.running(other) as long:
            for turn in range(self.size.repetitions):
                self.say(f"the bus with {what}, {turn + 1} of {self.size.repetitions}")
                costs["short"].append(short.work(self._events(plain)))
                if backlog:
                    long.pile_up(backlog)
                costs["long"].append(burst(long))
        self._add(f"beside {what}", plain, costs["short"], finished=0)
        self._add(f"with {what}", other, costs["long"], self.long.finished, backlog)
        cpu = {of: [cost.per_delivery for cost in run] for of, run in costs.items()}
        self.pairs[what] = cpu
        return Bar(f"bus with {what}, CPU", ratio(cpu["long"], cpu["short"]), MOST_GROWTH, " x")

    def grown(self, what: str, other: Setup, plain: Setup | None = None) -> Bar:
        """The same amount of work in both."""
        events = self._events(other)
        return self.in_turn(what, plain or other, other, lambda running: running.work(events))

    def work(self, what: str, setup: Setup, deliveries: int) -> Cost:
        """The short ledger by itself."""
        self.say(f"the bus alone: {what}")
        with self.short.running(setup) as running:
            cost = running.work(deliveries // setup.subscriptions)
        self._add(what, setup, [cost], finished=0)
        return cost

    def _events(self, setup: Setup) -> int:
        """Of one burst."""
        deliveries = self.size.burst // (LONE_SHARE if setup.batch == 1 else 1)
        return deliveries // setup.subscriptions

    def _add(
        self, what: str, setup: Setup, costs: list[Cost], finished: int, backlog: int = 0
    ) -> None:
        """A row with the medians."""
        self.unusable += sum(not cost.used.usable for cost in costs)
        self.rows.append([
            what, f"{finished:,}", str(setup.subscriptions), str(setup.batch), f"{backlog:,}",
            f"{statistics.median(cost.per_delivery for cost in costs):.2f}",
            f"{statistics.median(cost.per_second for cost in costs):.0f}",
        ])  # fmt: skip


def measure(site: Site, size: Size, say: Say) -> Result:
    """All of it: first on a short ledger, then beside one that grows as long as `size` says."""
    bench = Bench(Ledger(site, "short"), Ledger(site, "long"), size, say)
    n = size.deliveries
    batch = bench.work("in batches", BATCH, n)
    alone = bench.work("one by one", ALONE, n // LONE_SHARE)
    twice = bench.work("twice as many deliveries", BATCH, 2 * n)
    two = bench.work("two relays, two workers", Setup(relays=2, workers=2), n)
    say("the relay alone")
    with bench.short.running(RELAY_ALONE) as relay:
        sent = relay.send(n // BATCH.subscriptions)
    bars = [
        Bar("bus, a delivery in a batch of 50", batch.per_delivery, MOST["batch"], " ms"),
        Bar("bus, a delivery alone", alone.per_delivery, MOST["alone"], " ms"),
        Bar("relay, deliveries a second", sent.per_second, FEWEST_SENT, "/s", at_least=True),
        *_memory(batch, twice),
        *_second(batch, two),
        bench.grown(f"{MANY} subscriptions", Setup(subscriptions=MANY), BATCH),
        bench.in_turn(
            f"a backlog of {BACKLOG:,}",
            BATCH, BATCH, lambda running: running.work_off(WORKED_OFF), backlog=BACKLOG,
        ),
    ]  # fmt: skip
    for history in size.history:
        say(f"a history of {history:,} finished deliveries")
        bench.long.grow_old(history - bench.long.finished)
        bars += [
            bench.grown(f"{history:,} finished", BATCH),
            bench.grown(f"{history:,} finished, alone", ALONE),
        ]
    return Result(
        bars=bars,
        tables=[Table("The bus alone, per delivery", bench.rows, "Medians of the turns.")],
        figures={"bus": bench.rows, "pairs": bench.pairs, "relay alone": sent.per_second},
        unusable=bench.unusable,
    )


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
