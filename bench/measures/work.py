"""What `manage.py work` handles in a second: without a broker, on either database."""

import statistics
import sys

from bench.ledger import WITHIN
from bench.machine import Meter, between
from bench.measures.result import Result, Say, Size, Table
from bench.site import ROOT, Site
from bench.statements import DONE
from tests.support.books import Books
from tests.support.child import Child
from tests.support.wait import wait_until

SUBSCRIPTIONS = 5
BATCHES = (50, 1)
PROCESSES = (1, 2)
WARM = 0.2
"""Of the deliveries: those before the clock starts."""
PUBLISH = (
    "from django.db import transaction as t; from bench.handlers.tasks import Happened;"
    "from bus import publish; t.atomic(lambda: [publish(Happened(number=str(n))) "
    "for n in range({0})])()"
)

MOST_TURNS = 3

HEAD = ["database", "batch", "processes", "per second"]
NOTE = (
    "Medians; five subscriptions, handlers that do nothing. The events are published before it "
    "starts; it fans them out and handles them."
)


def measure(site: Site, size: Size, say: Say) -> Result:
    """The rates, without a bar: they are what a reader plans with."""
    result = Result()
    rows = [HEAD]
    for database in ("SQLite", "PostgreSQL"):
        for batch in BATCHES:
            ledger = Ledger(site, database, batch)
            for processes in PROCESSES:
                say(f"work on {database}, batches of {batch}, {processes} at a time")
                rates = []
                for _ in range(min(size.repetitions, MOST_TURNS)):
                    rate, usable = ledger.work_off(size.deliveries, processes)
                    rates.append(rate)
                    result.unusable += not usable
                median = f"{statistics.median(rates):.0f}"
                rows.append([database, str(batch), str(processes), median])
    result.tables = [Table("Without a broker: deliveries a second", rows, NOTE)]
    result.figures = {"work": rows}
    return result


class Ledger:
    """A database without a broker."""

    def __init__(self, site: Site, database: str, batch: int) -> None:
        self._site, self._name = site, f"work-{database}-{batch}".lower()
        self._env = site.environment(self._name, "bench.handlers.settings")
        del self._env["REDIS_URL"]
        self._env |= {
            "BROKER_URL": "none",
            "BENCH_SUBSCRIPTIONS": str(SUBSCRIPTIONS),
            "BENCH_BATCH": str(batch),
        }
        if database == "PostgreSQL":
            site.new_database(self._name)
            self._books = site.books(self._name)
        else:
            del self._env["DATABASE_URL"]
            self._books = Books(path=site.folder / self._name / "shop.sqlite3")
            site.manage(self._env, "migrate", "--verbosity", "0")
        site.manage(self._env, "subscriptions", "--register")

    def work_off(self, deliveries: int, processes: int) -> tuple[float, bool]:
        """Deliveries a second, and whether the machine did nothing else."""
        publish = PUBLISH.format(deliveries // SUBSCRIPTIONS)
        self._site.manage(self._env, "shell", "-c", publish)
        before = self._done()
        words = [sys.executable, "manage.py", "work", "--processes", str(processes)]
        child = Child(self._name, words, self._env, self._site.log(self._name))
        child.cwd = ROOT
        child.start()
        try:
            warm = before + WARM * deliveries
            wait_until(lambda: self._done() >= warm, WITHIN, "it has begun", every=0.01)
            meter = Meter(work=[child.pid], database=[self._site.postgres.pid])
            first, began = self._done(), meter.read()
            wait_until(
                lambda: self._done() >= before + deliveries, WITHIN, "all is done", every=0.01
            )
            used = between(began, meter.read())
            return (before + deliveries - first) / used.wall, used.usable
        finally:
            child.stop()

    def _done(self) -> int:
        return int(self._books.one(DONE))
