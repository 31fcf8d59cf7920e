"""A database whose sessions end, whose rows are held, whose connections or whose disk run out."""

import os
import signal
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from random import Random
from typing import Any

import psycopg

from tests.chaos.buyers import Purchase
from tests.chaos.disks import SmallDisk, cannot_mount
from tests.chaos.faults.fault import Missed, fault, or_missed
from tests.chaos.stage import Stage
from tests.support.wait import wait_until

LONGER_THAN_LEASED = (16, 20)
"""Seconds; an idle transaction of the shop's is cut off after 15."""

END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'"
IDLE_LONGEST = (
    "SELECT pid FROM pg_stat_activity WHERE datname = 'shop' AND state = 'idle in transaction' "
    "AND now() - state_change > interval '0.5 s' ORDER BY state_change LIMIT 1"
)
ROWS = (
    "SELECT 1 FROM inventory_stockitem WHERE sku IN ('BOOK-ATLAS', 'DESK-PENCIL')",
    "SELECT 1 FROM bus_delivery WHERE state IN ('sent', 'running', 'sending') LIMIT 5",
    "SELECT 1 FROM bus_queue ORDER BY id LIMIT 1",
    "SELECT 1 FROM orders_order ORDER BY id DESC LIMIT 5",
    "SELECT 1 FROM billing_series",
)
TABLES = ("analytics_dayfigures", "analytics_minutefigures", "analytics_productfigures")
LOCKED_FIRST_BY_WORKERS, LOCKED_LAST = "BOOK-ATLAS", "HOME-CLOCK"


@fault("every session of PostgreSQL ended by its administrator", bar=15, postgres_only=True)
def end_sessions(stage: Stage, chance: Random) -> None:
    for _ in range(chance.randint(1, 3)):
        _as_administrator(stage, END_SESSIONS)
        time.sleep(0.3)


@fault("PostgreSQL stopped at once, and started again", bar=30, seconds=15, postgres_only=True)
def stop_database(stage: Stage, chance: Random) -> None:
    assert stage.postgres is not None
    stage.postgres.stop_at_once()
    time.sleep(chance.uniform(0, 6))
    stage.postgres.open()


@fault("a stranger sits on rows that the shop needs", bar=30, seconds=20, postgres_only=True)
def hold_rows(stage: Stage, chance: Random) -> None:
    with suppress(psycopg.Error), stage.books.connect() as stranger, stranger.transaction():
        if not stranger.execute(f"{chance.choice(ROWS)} FOR UPDATE").fetchall():
            raise Missed("There was no such row.")
        time.sleep(chance.uniform(*LONGER_THAN_LEASED))


@fault("a stranger locks a table for longer than a policy tries", bar=45, seconds=90,
       postgres_only=True)  # fmt: skip
def lock_table(stage: Stage, chance: Random) -> None:
    """One that no checkout needs."""
    with suppress(psycopg.Error), stage.books.connect() as stranger, stranger.transaction():
        stranger.execute(f"LOCK TABLE {chance.choice(TABLES)} IN ACCESS EXCLUSIVE MODE")
        time.sleep(chance.uniform(70, 90))


@fault("a worker frozen while it holds row locks", bar=30, seconds=25, postgres_only=True)
def freeze_lock_holder(stage: Stage, chance: Random) -> None:
    with or_missed(), stage.caught("before-commit"):
        time.sleep(chance.uniform(*LONGER_THAN_LEASED))


@fault(
    "a PostgreSQL backend frozen while it holds row locks", bar=30, seconds=30, postgres_only=True
)
def freeze_backend(stage: Stage, chance: Random) -> None:
    with or_missed(), ExitStack() as thaw:
        with stage.caught("before-commit"):
            pid = wait_until(lambda: _pid(stage), 3, "a session is idle in a transaction")
            os.kill(pid, signal.SIGSTOP)
            thaw.callback(_go_on, pid)
        time.sleep(chance.uniform(*LONGER_THAN_LEASED))


@fault("a stranger takes every connection there is", bar=20, seconds=8, postgres_only=True)
def exhaust_connections(stage: Stage, chance: Random) -> None:
    assert stage.postgres is not None
    until = time.monotonic() + chance.uniform(3, 8)
    with ExitStack() as taken:
        while time.monotonic() < until:
            one: psycopg.Connection | None = None
            with suppress(psycopg.Error):
                while True:
                    one = psycopg.connect(stage.postgres.url, autocommit=True, connect_timeout=2)
                    taken.callback(one.close)
            with suppress(psycopg.Error):
                if one:
                    one.execute(END_SESSIONS)
            time.sleep(0.1)


@fault("a stranger locks stock in the wrong order, again and again", bar=20, seconds=12,
       postgres_only=True)  # fmt: skip
def deadlocks(stage: Stage, chance: Random) -> str:
    began, until = _deadlocks(stage), time.monotonic() + 10
    while time.monotonic() < until:
        for _ in range(3):
            _order_both(stage)
        with suppress(psycopg.Error), stage.books.connect() as stranger, stranger.transaction():
            for sku in (LOCKED_LAST, LOCKED_FIRST_BY_WORKERS):
                stranger.execute(
                    "SELECT 1 FROM inventory_stockitem WHERE sku = %s FOR UPDATE", [sku]
                )
                time.sleep(chance.uniform(0.3, 0.7))
        # Another fault may leave the stranger no connection: without a pause it would only order.
        time.sleep(0.3)
    return f"{_deadlocks(stage) - began} deadlocks"


def small_documents(stage: Stage) -> None:
    stage.disks["documents"] = SmallDisk(stage.folder / "documents")


@fault("the disk of the documents is full", bar=30, seconds=12, lacks=cannot_mount,
       prepare=small_documents)  # fmt: skip
def fill_documents_disk(stage: Stage, chance: Random) -> str:
    with _filled(stage.disks["documents"]):
        time.sleep(chance.uniform(4, 12))
    refused = "SELECT count(*) FROM bus_delivery WHERE error LIKE '%%No space left%%'"
    return f"{stage.books.one(refused)} documents found no space"


def small_database(stage: Stage) -> None:
    if stage.postgres:
        stage.disks["database"] = SmallDisk(stage.postgres.data)


@fault("the disk of PostgreSQL is full", bar=60, seconds=60, postgres_only=True, at_random=False,
       lacks=cannot_mount, prepare=small_database)  # fmt: skip
def fill_database_disk(stage: Stage, chance: Random) -> str:
    assert stage.postgres is not None
    server = stage.postgres
    server.expect_exit(60)
    with _filled(stage.disks["database"]):
        time.sleep(chance.uniform(10, 20))
    survived = server.alive
    server.open()
    return "PostgreSQL went on" if survived else "PostgreSQL had ended, and was started again"


@fault("another process holds SQLite's write lock for 10 s", bar=20, seconds=10, sqlite_only=True)
def hold_write_lock(stage: Stage, chance: Random) -> None:
    stranger = stage.books.connect()
    try:
        stranger.execute("BEGIN IMMEDIATE")
        time.sleep(10)
        stranger.execute("ROLLBACK")
    finally:
        stranger.close()


@fault("a report holds a snapshot of the database", bar=15, seconds=20)
def held_snapshot(stage: Stage, chance: Random) -> str:
    """As a backup does: it blocks no writer, and nothing may be cleared up meanwhile."""
    report = stage.books.connect()
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if stage.postgres else "BEGIN"
    count = "SELECT count(*) FROM bus_delivery WHERE state = 'done'"
    with suppress(psycopg.Error, sqlite3.Error), closing(report):
        report.execute(begin)
        (before,) = report.execute(count).fetchone()
        time.sleep(chance.uniform(*LONGER_THAN_LEASED))
        (after,) = report.execute(count).fetchone()
        if after != before:
            raise Missed("The snapshot was not held.")
        return f"{stage.books.one(count) - before} deliveries were done beside it"
    return "the report was cut off"


@contextmanager
def _filled(disk: SmallDisk) -> Iterator[None]:
    disk.fill()
    try:
        yield
    finally:
        disk.widen()


def _as_administrator(stage: Stage, sql: str) -> Any:
    """Run it from another database, so that what it does to the shop's sessions spares itself."""
    assert stage.postgres is not None
    with suppress(psycopg.Error), psycopg.connect(stage.postgres.url, autocommit=True) as admin:
        return admin.execute(sql).fetchall()
    return []


def _deadlocks(stage: Stage) -> int:
    sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'shop'"
    return sum(count for (count,) in _as_administrator(stage, sql))


def _pid(stage: Stage) -> int:
    return sum(pid for (pid,) in _as_administrator(stage, IDLE_LONGEST))


def _go_on(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _order_both(stage: Stage) -> None:
    assert stage.buyers is not None
    lines = [{"sku": sku, "quantity": 1} for sku in (LOCKED_FIRST_BY_WORKERS, LOCKED_LAST)]
    stage.buyers.send(Purchase(str(uuid.uuid4()), stage.buyers.body(lines)))
