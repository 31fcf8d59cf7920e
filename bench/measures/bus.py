"""What the bus costs by itself: a delivery, a relay, a long history, a second process."""

import os
import statistics
from dataclasses import dataclass, field
from typing import Any

from bench.bars import OTHER_LOAD, Bar, ratio
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
LONE_SHARE = 5
"""Of so many deliveries in batches one is done alone: it costs that much more."""

NOTE = (
    "Medians of the turns; finished and backlog are those of the first. With 50 subscriptions as "
    "many deliveries of fewer events; a backlog is routed before it counts."
)
HEAD = ["", "finished before", "subscriptions", "batch", "backlog", "CPU ms", "per second"]


@dataclass
class Bench:
    """One ledger for what is measured alone, and one that becomes long, beside short ones."""

    site: Site
    size: Size
    say: Say
    alone: Ledger
    long: Ledger
    rows: list[list[str]] = field(default_factory=lambda: [HEAD])
    pairs: dict[str, Any] = field(default_factory=dict)
    unusable: int = 0

    def beside_short(
        self, what: str, setup: Setup, plain: Setup | None = None, *, backlog: int = 0
    ) -> Bar:
        """How many times as much CPU a delivery costs in the long ledger as in a short one.

        Both run, and one is frozen while the other one works; they take turns in who is first.
        Both are tidied up before, as PostgreSQL does once a minute. The bar is the median of the
        turns' ratios, but for those during which the machine did something else.
        """
        plain = plain or setup
        little = self.size.burst if backlog else 0
        short = Ledger(self.site, f"short-{len(self.pairs)}")
        costs: dict[Ledger, list[Cost]] = {short: [], self.long: []}
        with short.running(plain) as one, self.long.running(setup) as other:
            # What processes do once, and plans for empty tables, are no delivery's cost.
            one.work(self._events(plain))
            other.work(self._events(setup))
            finished = {ledger: ledger.finished() for ledger in costs}
            short.tidy()
            self.long.tidy()
            for turn in range(self.size.repetitions):
                self.say(f"the bus with {what}, {turn + 1} of {self.size.repetitions}")
                for running in (one, other) if turn % 2 == 0 else (other, one):
                    cost = self._turn(running, backlog if running is other else little)
                    costs[running.ledger].append(cost)
        self._add(f"beside {what}", plain, costs[short], finished[short], little)
        self._add(f"with {what}", setup, costs[self.long], finished[self.long], backlog)
        self.pairs[what] = {
            ledger.name: [cost.per_delivery for cost in of] for ledger, of in costs.items()
        }
        return _growth(what, costs[self.long], costs[short])

    def _turn(self, running: Running, backlog: int) -> Cost:
        """Where a backlog is asked about, both work on what is routed already."""
        if not backlog:
            return running.work(self._events(running.setup))
        running.pile_up(backlog)
        return running.work_off(self.size.burst)

    def work(self, what: str, setup: Setup, deliveries: int) -> Cost:
        self.say(f"the bus alone: {what}")
        finished = self.alone.finished()
        with self.alone.running(setup) as running:
            cost = running.work(deliveries // setup.subscriptions)
        self._add(what, setup, [cost], finished)
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
    """All of it: first alone, then on a ledger that grows as long as `size` says."""
    bench = Bench(site, size, say, Ledger(site, "alone"), Ledger(site, "long"))
    n = size.deliveries
    batch = bench.work("in batches", BATCH, n)
    alone = bench.work("one by one", ALONE, n // LONE_SHARE)
    twice = bench.work("twice as many deliveries", BATCH, 2 * n)
    two = bench.work("two relays, two workers", Setup(relays=2, workers=2), n)
    say("the relay alone")
    with bench.alone.running(RELAY_ALONE) as relay:
        sent = relay.send(n // BATCH.subscriptions)
    bars = [
        Bar(
            "bus, a delivery in a batch of 50",
            batch.per_delivery,
            MOST["batch"],
            " ms",
            note=_note(batch),
        ),
        Bar("bus, a delivery alone", alone.per_delivery, MOST["alone"], " ms", note=_note(alone)),
        Bar("relay, deliveries a second", sent.per_second, FEWEST_SENT, "/s", True, _note(sent)),
        *_memory(batch, twice),
        *_second(batch, two),
        bench.beside_short(f"{MANY} subscriptions", Setup(subscriptions=MANY), BATCH),
        bench.beside_short(f"a backlog of {BACKLOG:,}", BATCH, backlog=BACKLOG),
    ]
    finished = 0
    for history in size.history:
        say(f"a history of {history:,} finished deliveries")
        bench.long.grow_old(history - finished)
        finished = history
        bars += [
            bench.beside_short(f"{history:,} finished", BATCH),
            bench.beside_short(f"{history:,} finished, alone", ALONE),
        ]
    return Result(
        bars=bars,
        tables=[
            Table(
                "The bus alone, per delivery",
                bench.rows,
                NOTE,
            )
        ],
        figures={"bus": bench.rows, "pairs": bench.pairs, "relay alone": sent.per_second},
        unusable=bench.unusable,
    )


def _note(*costs: Cost) -> str:
    return "" if all(cost.used.usable for cost in costs) else OTHER_LOAD


def _growth(what: str, long: list[Cost], short: list[Cost]) -> Bar:
    pairs = [
        (one, other)
        for one, other in zip(long, short, strict=True)
        if one.used.usable and other.used.usable
    ]
    times = ratio(
        [one.per_delivery for one, _ in pairs], [other.per_delivery for _, other in pairs]
    )
    note = "" if pairs else OTHER_LOAD
    return Bar(f"bus with {what}, CPU", times, MOST_GROWTH, " x", note=note)


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
    note = _note(one, two) if cores >= CORES_FOR_TWO else f"not judged: {cores} cores"
    times = two.per_second / one.per_second
    return [Bar("two relays and workers, rate", times, TWICE_AS_FAST, " x", True, note)]
