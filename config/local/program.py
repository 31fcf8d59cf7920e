"""What the supervisor needs to know about one of the shop's processes."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Program:
    """One process of the shop.

    `run` is its whole life, in a process of its own. `stage` orders the stop: 0 goes first.
    `grace` is how long it may take to end once it was asked to; then it is killed. More presses
    of Ctrl-C than `patience` kill it at once.
    """

    name: str
    run: Callable[[], None]
    stage: int
    grace: timedelta
    patience: int = 1
    stop_signal: signal.Signals = signal.SIGTERM
    ready: Callable[[], bool] = _always
