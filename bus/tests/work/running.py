"""A loop that works on the queues of a test until something is so."""

import threading
import time
from collections.abc import Callable

from bus.models import OPEN, Delivery
from bus.work.loop import WorkLoop
from bus.work.pool import Pool
from bus.work.signs import Signs
from bus.worker.registration import register

AT_MOST = 30.0
"""Seconds after which a loop is stopped anyhow, so that a test fails and does not hang."""


class Until(threading.Event):
    """Counts as set once the condition holds."""

    def __init__(self, condition: Callable[[], bool]) -> None:
        super().__init__()
        self._condition = condition
        self._over_at = time.monotonic() + AT_MOST

    def is_set(self) -> bool:
        return self._condition() or time.monotonic() > self._over_at


def new_loop(*queues: str, processes: int = 2) -> WorkLoop:
    """A loop on these queues, by default `desk`, whose subscriptions are registered."""
    names = list(queues or ("desk",))
    for name in names:
        register(name)
    return WorkLoop(Pool(processes), names, Signs("work@here", names, processes))


def nothing_open() -> bool:
    """Every event is fanned out, and every delivery is closed."""
    unfinished = Delivery.objects.filter(state__in=OPEN).exists()
    return not unfinished and Delivery.objects.exists()
