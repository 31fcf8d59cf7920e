"""Faults that bring out one damage for certain, where those of the dice need luck."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random

from tests.chaos.faults import Fault
from tests.chaos.stage import Stage
from tests.support.proxy import Wire
from tests.support.wait import wait_until

BAR = 30
TIMES = 3

NONSENSE = b"{"
"""Of all malformed messages one at which a stock worker ends at once."""


def fault(what: str) -> Callable[[Callable[[Stage, Random], None]], Fault]:
    """A fault for controls alone, which is no fault of the campaign."""

    def make(run: Callable[[Stage, Random], None]) -> Fault:
        return Fault(
            name=run.__name__.replace("_", "-"), what=what, run=run, bar=BAR, seconds=30,
            at_random=False, postgres_only=True, redis_only=False, family="controls",
        )  # fmt: skip

    return make


@fault("each mail's message twice in a row, and a slow provider")
def twin_messages(stage: Stage, _chance: Random) -> None:
    worker = stage.shop["worker-notifications"]
    stage.mail_wire.set(Wire.SLOW, latency=0.3)
    worker.signal_group(signal.SIGSTOP)
    with stage.redis.client() as client:
        wait_until(lambda: client.llen("notifications") >= TIMES, 20, "mails wait in Redis")
        for message in client.lrange("notifications", 0, -1):
            client.linsert("notifications", "BEFORE", message, message)
        worker.signal_group(signal.SIGCONT)
        time.sleep(5)
    stage.mail_wire.set(Wire.FINE)


@fault("a transaction that has its event's id, and commits after later ones")
def late_commit(stage: Stage, _chance: Random) -> None:
    for _ in range(TIMES):
        with stage.armed("before-commit", "hold 2", "inventory.tasks.reserve_stock") as armed:
            wait_until(lambda path=armed: not path.exists(), 20, "a reservation was held")
            time.sleep(2.5)


@fault("kill -9 of the web process between COMMIT and on_commit")
def crash_before_publishing(stage: Stage, _chance: Random) -> None:
    stage.shop["web"].expect_exit(20)
    with stage.armed("web-committed", handler="OrderPlaced") as armed:
        wait_until(lambda: not armed.exists(), 15, "the web crashed")


@fault("the warehouse answers 500 to what it has accepted")
def error_after_accepting(stage: Stage, _chance: Random) -> None:
    asked = stage.warehouse.asked
    stage.warehouse.illness = "500 after accepting"
    wait_until(lambda: stage.warehouse.asked >= asked + TIMES, 20, "the warehouse was asked")
    stage.warehouse.illness = ""


@fault("FLUSHALL while messages wait")
def flush_what_waits(stage: Stage, _chance: Random) -> None:
    with _held(stage):
        stage.redis.tell("FLUSHALL")


@fault("a worker that is busy, frozen for longer than its messages are hidden")
def freeze_past_visibility(stage: Stage, _chance: Random) -> None:
    with _held(stage):
        pass
    time.sleep(0.2)
    worker = stage.workers[0]
    worker.signal_group(signal.SIGSTOP)
    time.sleep(9)
    worker.signal_group(signal.SIGCONT)


@contextmanager
def _held(stage: Stage) -> Iterator[None]:
    """No worker takes anything for a moment, so that messages wait in Redis."""
    for worker in stage.workers:
        worker.signal_group(signal.SIGSTOP)
    time.sleep(2)
    yield
    for worker in stage.workers:
        worker.signal_group(signal.SIGCONT)


@fault("messages that are none")
def malformed_messages(stage: Stage, _chance: Random) -> None:
    worker = stage.shop["worker-analytics"]
    stage.redis.tell("LPUSH", "analytics", NONSENSE)
    with suppress(TimeoutError):
        wait_until(lambda: worker.surprises, 20, "it ended")
