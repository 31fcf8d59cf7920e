"""Runs it on a stage of the campaign's, and counts: each order must have exactly one row."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random

from tests.chaos.checker import Verdict, Violation
from tests.chaos.controls.control import Control, Say
from tests.chaos.controls.plain.app import VISIBILITY
from tests.chaos.faults.fault import heal
from tests.chaos.stage import READY_WITHIN, Stage
from tests.support import servers
from tests.support.wait import wait_until

BETWEEN = 3.0
"""Seconds for which all goes well again before the next fault."""
FEW = 3
"""Messages in the queue of workers that keep up."""

WORKER = "celery -A tests.chaos.controls.plain.app worker --concurrency 2 --loglevel warning"
TABLES = (
    "CREATE TABLE plain_order (id bigserial PRIMARY KEY)",
    "CREATE TABLE plain_effect (order_id bigint NOT NULL)",
)
COUNTED = (
    "SELECT o.id, count(e.order_id) FROM plain_order o LEFT JOIN plain_effect e "
    "ON e.order_id = o.id GROUP BY o.id HAVING count(e.order_id) <> 1 ORDER BY o.id"
)


class PlainStage(Stage):
    """The same servers and wires, a publisher and two workers instead of the shop."""

    def _environment(self, settings: str) -> dict[str, str]:
        """Without the settings' name: Celery would set up the shop, and its guarded transport."""
        env = super()._environment(settings)
        del env["DJANGO_SETTINGS_MODULE"]
        return env

    def _procfile(self) -> Iterator[tuple[str, str]]:
        yield "publisher", "python -m tests.chaos.controls.plain.publisher"
        yield "worker-a", f"{WORKER} --hostname a@%h"
        yield "worker-b", f"{WORKER} --hostname b@%h"

    def open(self, say: Callable[[str], None]) -> None:
        say("starting plain Celery")
        self.redis.open()
        assert self.postgres
        self.postgres.open()
        servers.new_database(self.postgres.url, "shop")
        for table in TABLES:
            self.books.change(table)
        for child in self.shop.values():
            child.start()
        threading.Thread(target=self._keep, daemon=True, name="keeper").start()
        first = "SELECT count(*) FROM plain_effect"
        wait_until(lambda: self.books.one(first), READY_WITHIN, "the first order has its effect")

    def recover(self) -> None:
        """Both workers are there and have caught up, or it goes on without."""
        with suppress(TimeoutError):
            wait_until(lambda: all(one.pool() for one in self.workers), 20, "two workers")
            wait_until(lambda: self.waiting() < FEW, 20, "they have caught up")
        time.sleep(BETWEEN)

    def waiting(self) -> int:
        with self.redis.client() as client:
            return int(client.llen("celery"))

    def come_to_rest(self, longest: float) -> None:
        """No new orders; wait until Redis has held nothing for as long as a message is hidden."""
        self.shop["publisher"].kill(hold=True)
        busy = over = time.monotonic()
        while time.monotonic() < min(over + longest, busy + VISIBILITY + 2):
            with self.redis.client() as client:
                if client.llen("celery") or client.hlen("unacked"):
                    busy = time.monotonic()
            time.sleep(0.2)


def run(control: Control, say: Say) -> Verdict:
    stage = PlainStage(database="postgres")
    try:
        stage.open(say)
        for number, fault in enumerate(control.faults, 1):
            say(f"{number:3}  {fault.name}")
            fault.run(stage, Random(number))
            stage.recover()
        heal(stage)
        say("coming to rest")
        stage.come_to_rest(60)
        return _judge(stage, len(control.faults))
    finally:
        stage.close()


def _judge(stage: Stage, faults: int) -> Verdict:
    lost, doubled = [], []
    for order, times in stage.books.rows(COUNTED):
        if times:
            doubled.append(Violation("doubled", f"order {order}", f"{times} times"))
        else:
            lost.append(Violation("lost", f"order {order}", "had no effect"))
    orders = stage.books.one("SELECT count(*) FROM plain_order")
    return Verdict(
        orders=orders, deliveries=orders, faults=faults, lost=lost, doubled=doubled, ambiguous=0
    )
