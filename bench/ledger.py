"""The bus alone: a relay and workers of handlers that do nothing, on a ledger of any size."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.machine import Meter, Used, between, resident
from bench.site import ROOT, Site
from bench.statements import DONE, DONE_OF, EVENTS, PAST, SENT_OF, UNDONE, UNROUTED
from tests.support.child import Child
from tests.support.wait import wait_until

WITHIN = 900
AT_ONCE = 1_000_000
PROBES = 10
PER_EVENT = 5
"""Finished deliveries for each event of the past."""

RELAY = "python manage.py relay"
WORKER = "celery -A config worker --queues {0} --concurrency 1 --loglevel warning --hostname {1}@%h"


@dataclass(frozen=True)
class Setup:
    """How the bus is set up for one measurement."""

    subscriptions: int = 5
    batch: int = 50
    relays: int = 1
    workers: int = 1
    window: int = 0
    """How many of a subscription may be on their way; 0 leaves the bus' own."""


@dataclass(frozen=True)
class Cost:
    """CPU seconds of all processes of the bus, for so many deliveries."""

    used: Used
    deliveries: int
    memory: dict[str, float]

    @property
    def per_delivery(self) -> float:
        """CPU milliseconds of relay, worker, database and Redis."""
        return 1000 * sum(self.used.trees.values()) / self.deliveries

    @property
    def per_second(self) -> float:
        return self.deliveries / self.used.wall


class Running:
    """The processes of a ledger. They run while something is asked of them, and are stopped else.

    So two ledgers can be measured in turn: what slows the machine down slows both down.
    """

    def __init__(self, ledger: "Ledger", setup: Setup, children: list[Child]) -> None:
        self.ledger, self.setup = ledger, setup
        self.relays, self.workers = children[: setup.relays], children[setup.relays :]
        self._meter = ledger.meter(children)

    def work(self, events: int) -> Cost:
        """Have these events published (by SQL), fanned out, sent and done."""
        used = self._told(events, DONE_OF)
        return Cost(used, events * self.setup.subscriptions, self._memory())

    def send(self, events: int) -> Cost:
        """Have these events published (by SQL), fanned out and sent: a relay's whole work."""
        used = self._told(events, SENT_OF)
        return Cost(used, events * self.setup.subscriptions, {})

    def _told(self, events: int, statement: str) -> Used:
        before = self._meter.read()
        self.ledger.tell(events)
        with self._awake():
            wait_until(
                lambda: self.ledger.is_through(statement, self.setup.subscriptions),
                WITHIN, f"{events} events are through",
            )  # fmt: skip
            return between(before, self._meter.read())

    def pile_up(self, backlog: int) -> None:
        """Bring it to so many deliveries, routed, that no worker works on yet."""
        missing = backlog - self.ledger.undone()
        self.ledger.tell(missing // self.setup.subscriptions)
        with self._awake(*self.relays):
            wait_until(lambda: not self.ledger.books.one(UNROUTED), WITHIN, "all is routed")

    def work_off(self, deliveries: int) -> Cost:
        """Have so many of what is piled up sent and done."""
        left, before = self.ledger.undone(), self._meter.read()
        with self._awake():
            wait_until(
                lambda: self.ledger.undone() <= left - deliveries,
                WITHIN, "so many are done", every=0.5,
            )  # fmt: skip
            used, still = between(before, self._meter.read()), self.ledger.undone()
        return Cost(used, left - still, self._memory())

    def freeze(self) -> None:
        for child in (*self.relays, *self.workers):
            child.signal_group(signal.SIGSTOP)

    @contextmanager
    def _awake(self, *only: Child) -> Iterator[None]:
        for child in only or (*self.relays, *self.workers):
            child.signal_group(signal.SIGCONT)
        try:
            yield
        finally:
            self.freeze()

    def _memory(self) -> dict[str, float]:
        return {
            "relay": max(resident(one.pid) for one in self.relays),
            "worker child": max(map(resident, (p for one in self.workers for p in one.pool()))),
        }


class Ledger:
    """A database of its own, and the processes that work on it."""

    def __init__(self, site: Site, name: str) -> None:
        self.site, self.name = site, name
        site.new_database(name)
        self.books = site.books(name)
        self.env = site.environment(name, "bench.handlers.settings")
        self._told = 0
        self._last: list[int] = []
        # A plan made for its first rows would be kept.
        self.books.change("SET plan_cache_mode = force_custom_plan")
        self._runs = 0

    def grow_old(self, finished: int) -> None:
        """Add so many finished deliveries of its subscriptions, as if it had run for years.

        Raises:
            RuntimeError: it has got none.
        """
        # What has never run has no subscriptions yet.
        env = self.env | {"BENCH_SUBSCRIPTIONS": str(PER_EVENT), "BENCH_BATCH": "50"}
        self.site.manage(env, "subscriptions", "--register")
        with self.books.connect() as connection:
            # Millions of rows, all of them fit: not each is to be looked up by its foreign keys.
            connection.execute("SET session_replication_role = replica")
            for done in range(0, finished, AT_ONCE):
                told = min(AT_ONCE, finished - done) // PER_EVENT
                if connection.execute(PAST, [told]).rowcount != told * PER_EVENT:
                    raise RuntimeError(f"{self.name} did not grow by {told} events.")

    def tidy(self) -> None:
        """As PostgreSQL makes it by itself, once a minute."""
        with self.books.connect() as connection:
            connection.execute("VACUUM ANALYZE")
            # What others have left to be written is no delivery's cost.
            connection.execute("CHECKPOINT")

    def finished(self) -> int:
        return int(self.books.one(DONE))

    def undone(self) -> int:
        return int(self.books.one(UNDONE))

    def tell(self, events: int) -> None:
        """State so many events, by SQL; they wait in the outbox."""
        rows = self.books.rows(EVENTS, self._told + 1, self._told + events)
        self._told, self._last = self._told + events, sorted(pk for (pk,) in rows)

    @contextmanager
    def running(self, setup: Setup) -> Iterator[Running]:
        """Its processes, started, warmed up and stopped (`SIGSTOP`) until they are asked."""
        children = self._children(setup)
        try:
            for child in children:
                child.start()
            for worker in children[setup.relays :]:
                wait_until(worker.pool, WITHIN, "the worker has a pool")
            self._warm_up(setup)
            running = Running(self, setup, children)
            running.freeze()
            yield running
        finally:
            for child in children:
                child.kill(hold=True)
            self._clear()

    def _children(self, setup: Setup) -> list[Child]:
        self._runs += 1
        env = self.env | {
            "BENCH_SUBSCRIPTIONS": str(setup.subscriptions),
            "BENCH_BATCH": str(setup.batch),
        }
        lines = [RELAY] * setup.relays
        queues = ",".join(f"bench-{place}" for place in range(setup.subscriptions))
        lines += [WORKER.format(queues, f"{self.name}-{n}") for n in range(setup.workers)]
        found = []
        for place, line in enumerate(lines):
            log = self.site.log(f"{self.name}-{self._runs}-{place}")
            child = Child(line.split()[-1], ["sh", "-c", f"exec {line}"], env, log)
            child.cwd = ROOT
            found.append(child)
        return found

    def _warm_up(self, setup: Setup) -> None:
        """Connections are open, and nothing of an earlier setup is registered."""
        names = [f"bench.handlers.tasks.nothing_{place}" for place in range(setup.subscriptions)]
        self.books.change(
            "UPDATE bus_subscription SET retired_at = now() "
            "WHERE name LIKE 'bench.%%' AND NOT name = ANY(%s)",
            names,
        )
        self._widen(setup)
        self.tell(setup.batch)
        statement = DONE_OF if setup.workers else SENT_OF
        wait_until(
            lambda: self.is_through(statement, setup.subscriptions),
            WITHIN, "the first events are through",
        )  # fmt: skip

    def _widen(self, setup: Setup) -> None:
        if setup.window:
            self.books.change(
                'UPDATE bus_subscription SET "window" = %s WHERE name LIKE %s',
                setup.window, "bench.%",
            )  # fmt: skip

    def _clear(self) -> None:
        with self.site.redis.client() as client:
            client.execute_command("SELECT", self.site.redis_number(self.name))
            client.flushdb()
        self.books.change("UPDATE bus_delivery SET state = 'done' WHERE state <> 'done'")

    def is_through(self, statement: str, subscriptions: int) -> bool:
        """Whether all deliveries of the events told last are; some of these are asked first."""
        some = self._last[:: max(1, len(self._last) // PROBES)] + self._last[-1:]
        return all(
            self.books.one(statement, ids) >= subscriptions * len(ids)
            for ids in (sorted(set(some)), self._last)
        )

    def meter(self, children: list[Child]) -> Meter:
        return Meter(
            bus=[child.pid for child in children],
            database=[self.site.postgres.pid],
            redis=[self.site.redis.pid],
        )
