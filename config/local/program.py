"""One of the shop's processes, as the supervisor sees it."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Program:
    """One process of the shop.

    `run` is called in a process of its own, which ends when it returns. `stage` orders the stop:
    stage 0 stops first. `grace` is the time between the stop signal and the kill. A line of its
    output that contains `hides` is not printed.
    """

    name: str
    run: Callable[[], None]
    stage: int
    grace: timedelta
    stop_signal: signal.Signals = signal.SIGTERM
    ready: Callable[[], bool] = _always
    hides: str | None = None
