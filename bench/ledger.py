"""The bus alone: a relay and workers of reactions that do nothing, on a ledger of any size."""

import time
from dataclasses import dataclass, replace

from bench.machine import Meter, Used, between, resident
from bench.site import ROOT, Site
from tests.chaos.child import Child
from tests.chaos.datastores import wait_until

WITHIN = 900
# In the words of the ledger's partial indexes, so that asking costs nothing, however long it is.
OPEN = (
    "SELECT EXISTS (SELECT 1 FROM bus_delivery "
    "WHERE state IN ('waiting', 'sent', 'running', 'sending', 'dead'))"
)
WAITING = "SELECT count(*) FROM bus_delivery WHERE state = 'waiting'"
UNROUTED = "SELECT count(*) FROM bus_outbox"
AT_ONCE = 1_000_000
PER_EVENT = 5
"""Finished deliveries for each event of the past."""

RELAY = "python manage.py relay"
WORKER = "celery -A config worker --queues bench --concurrency 1 --loglevel warning --hostname"


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


class Ledger:
    """A database of its own, and the processes that work on it."""

    def __init__(self, site: Site, name: str) -> None:
        self.site, self.name = site, name
        site.new_database(name)
        self.books = site.books(name)
        self.env = site.environment(name, "bench.handlers.settings")
        self._told = 0
        self._runs = 0

    def grow_old(self, finished: int) -> None:
        """Add so many finished deliveries, as if the shop had run for years."""
        with self.books.connect() as connection:
            # Millions of rows, all of them fit: not each is to be looked up by its foreign keys.
            connection.execute("SET session_replication_role = replica")
            for start in range(0, finished, AT_ONCE):
                connection.execute(PAST_EVENTS, [min(AT_ONCE, finished - start) // PER_EVENT])
                connection.execute(PAST_DELIVERIES)
        with self.books.connect() as connection:
            connection.execute("VACUUM ANALYZE")
            # What the loading has left to be written is no delivery's cost.
            connection.execute("CHECKPOINT")

    def tell(self, events: int) -> None:
        """State so many events, by SQL; they wait in the outbox."""
        with self.books.connect() as connection:
            connection.execute(EVENTS, [self._told + 1, self._told + events])
            connection.execute(OUTBOX)
        self._told += events

    def work(self, setup: Setup, events: int) -> Cost:
        """Have these events routed, sent and done; start-up is not counted."""
        children = self._children(setup)
        relays = children[: setup.relays]
        workers = children[setup.relays :]
        try:
            for child in children:
                child.start()
            for worker in workers:
                wait_until(worker.pool, WITHIN, "the worker has a pool")
            self._warm_up(setup)
            meter = self._meter(children)
            before = meter.read()
            self.tell(events)
            wait_until(self._is_done, WITHIN, "everything is done")
            used = between(before, meter.read())
            memory = {
                "relay": max(resident(one.pid) for one in relays),
                "worker child": max(map(resident, (p for one in workers for p in one.pool()))),
            }
        finally:
            for child in children:
                child.kill(hold=True)
        return Cost(used, events * setup.subscriptions, memory)

    def work_off(self, setup: Setup, backlog: int, seconds: float) -> Cost:
        """So many seconds of working on a backlog that does not end meanwhile."""
        children = self._children(setup)
        try:
            for child in children:
                child.start()
            for worker in children[setup.relays :]:
                wait_until(worker.pool, WITHIN, "the worker has a pool")
            self._warm_up(setup)
            self.tell(backlog // setup.subscriptions)
            wait_until(lambda: not self.books.one(UNROUTED), WITHIN, "the backlog is routed")
            meter = self._meter(children)
            left, before = self.books.one(WAITING), meter.read()
            time.sleep(seconds)
            used, still = between(before, meter.read()), self.books.one(WAITING)
        finally:
            for child in children:
                child.kill(hold=True)
            self._clear()
        return Cost(used, left - still, {})

    def send(self, setup: Setup, events: int) -> Cost:
        """Have these events routed and sent, and nobody do them: what relays can do alone."""
        setup = replace(setup, workers=0, window=10_000_000)
        children = self._children(setup)
        for child in children:
            child.env["BENCH_BATCH"] = str(setup.batch)
        self.site.manage(children[0].env, "subscriptions", "--register")
        self._widen(setup)
        self.tell(events)
        try:
            meter = self._meter(children)
            for child in children:
                child.start()
            left = self.books.one(UNROUTED)
            wait_until(lambda: self.books.one(UNROUTED) < left, WITHIN, "the relay has begun")
            left, before = self._left(setup), meter.read()
            wait_until(lambda: not self._left(setup), WITHIN, "all is sent")
            used = between(before, meter.read())
        finally:
            for child in children:
                child.kill(hold=True)
            self._clear()
        return Cost(used, left, {})

    def _children(self, setup: Setup) -> list[Child]:
        self._runs += 1
        env = self.env | {
            "BENCH_SUBSCRIPTIONS": str(setup.subscriptions),
            "BENCH_BATCH": str(setup.batch),
        }
        lines = [RELAY] * setup.relays
        lines += [f"{WORKER} {self.name}-{place}@%h" for place in range(setup.workers)]
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
        wait_until(self._is_done, WITHIN, "the first events are done")

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

    def _left(self, setup: Setup) -> int:
        return int(self.books.one(UNROUTED) * setup.subscriptions + self.books.one(WAITING))

    def _is_done(self) -> bool:
        return not self.books.one(UNROUTED) and not self.books.one(OPEN)

    def _meter(self, children: list[Child]) -> Meter:
        return Meter(
            bus=[child.pid for child in children],
            database=[self.site.postgres.pid],
            redis=[self.site.redis.pid],
        )


EVENTS = """
    INSERT INTO bus_event (uuid, type, version, stream, data, at, correlation, traceparent, quiet)
    SELECT gen_random_uuid(), 'Happened', 1, 'B-' || n, jsonb_build_object('number', 'B-' || n),
           now(), gen_random_uuid(), '', FALSE
    FROM generate_series(%s::bigint, %s::bigint) n"""
OUTBOX = """
    INSERT INTO bus_outbox (event_id)
    SELECT id FROM bus_event e WHERE type = 'Happened'
    AND id > coalesce((SELECT max(event_id) FROM bus_delivery WHERE stream LIKE 'B-%'), 0)"""
PAST_EVENTS = """
    INSERT INTO bus_event (uuid, type, version, stream, data, at, correlation, traceparent, quiet)
    SELECT gen_random_uuid(), 'Past', 1, 'P-' || n, '{}', now() - interval '90 days',
           gen_random_uuid(), '', FALSE
    FROM generate_series(1, %s::bigint) n"""
PAST_DELIVERIES = """
    INSERT INTO bus_delivery (event_id, subscription_id, queue_id, stream, ordered, state, due_at,
                              token, attempts, closed_at)
    SELECT e.id, s.id, s.queue_id, e.stream, s.ordered, 'done', e.at, 2, 1, e.at
    FROM bus_event e, (SELECT * FROM bus_subscription ORDER BY id LIMIT 5) s
    WHERE e.type = 'Past' AND e.id > coalesce(
        (SELECT max(event_id) FROM bus_delivery WHERE stream LIKE 'P-%'), 0)"""
