"""Clocks two hours off: every time that counts is the database's."""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.chaos.faults.fault import fault
from tests.chaos.faults.processes import WORKER_BAR
from tests.chaos.stage import Stage
from tests.support.child import Child
from tests.support.wait import wait_until

SHIFTS = ("+2h", "-2h")
FOR_SO_LONG = 20


def _library() -> Path | None:
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def no_library() -> str:
    return "" if _library() else "needs libfaketime (Debian package: libfaketime)."


@fault("a worker's clock two hours ahead or behind", bar=WORKER_BAR, seconds=60,
       postgres_only=True, lacks=no_library)  # fmt: skip
def wrong_clock_of_worker(stage: Stage, chance: Random) -> str:
    worker = chance.choice(stage.workers)
    return _live_by_wrong_clock(worker, chance, lambda: stage.is_ready(worker))


@fault("a relay's clock two hours ahead or behind", bar=WORKER_BAR, seconds=40,
       postgres_only=True, lacks=no_library)  # fmt: skip
def wrong_clock_of_relay(stage: Stage, chance: Random) -> str:
    relay = stage.relay
    return _live_by_wrong_clock(relay, chance, lambda: relay.alive)


def _live_by_wrong_clock(child: Child, chance: Random, is_up: Callable[[], bool]) -> str:
    """Start it anew by another clock, let it work for a while, and start it anew by the right one.

    Waits by the monotonic clock stay as they are: a machine whose date is wrong has that too.
    """
    shift = chance.choice(SHIFTS)
    child.extra = {
        "LD_PRELOAD": str(_library()),
        "FAKETIME": shift,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    try:
        child.kill()
        # Until it is killed again: libfaketime 0.9.10 lets time.sleep() fail with EINVAL, and
        # Celery sleeps while Redis is away.
        child.expect_exit(40 + FOR_SO_LONG)
        time.sleep(1)
        wait_until(is_up, 40, f"{child.name} is up again")
        time.sleep(FOR_SO_LONG)
    finally:
        child.extra = {}
        child.kill()
        _tidy_up(child.pid)
    return f"{child.name} {shift}"


def _tidy_up(pid: int) -> None:
    """Remove what the library shares with a process's children, which a kill leaves behind."""
    for path in Path("/dev/shm").glob(f"*faketime_*_{pid}"):
        path.unlink(missing_ok=True)
