"""What the machine is, and whether it did anything else meanwhile."""

import os
import platform
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

MOST_OTHER_LOAD = 0.10
"""Of all cores: above this share a repetition says nothing."""


def described() -> str:
    """The machine's size, for a page."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


@dataclass(frozen=True)
class Reading:
    """CPU seconds used so far: by each named tree of processes, and by all of the machine."""

    trees: dict[str, float]
    ours: float
    all: float
    wall: float


class Meter:
    """Reads the CPU time of trees of processes, those that have ended included.

    A process that has ended is in the figure of its parent, once that has waited for it.
    """

    def __init__(self, **trees: Iterable[int]) -> None:
        self.trees = {name: list(pids) for name, pids in trees.items()}

    def read(self) -> Reading:
        used = {name: sum(map(tree_cpu, pids)) for name, pids in self.trees.items()}
        own = psutil.Process().cpu_times()
        busy = psutil.cpu_times()
        idle = busy.idle + getattr(busy, "iowait", 0.0)
        total = sum(busy) - idle - getattr(busy, "guest", 0) - getattr(busy, "guest_nice", 0)
        return Reading(used, sum(used.values()) + own.user + own.system, total, time.monotonic())


@dataclass(frozen=True)
class Used:
    """What was used between two readings. Seconds; `other` is a share of all cores."""

    trees: dict[str, float]
    other: float
    wall: float

    @property
    def usable(self) -> bool:
        return self.other <= MOST_OTHER_LOAD


def between(before: Reading, after: Reading) -> Used:
    wall = after.wall - before.wall
    others = (after.all - before.all) - (after.ours - before.ours)
    return Used(
        {name: after.trees[name] - before.trees[name] for name in before.trees},
        max(0.0, others) / (wall * (os.cpu_count() or 1)),
        wall,
    )


def tree_cpu(pid: int) -> float:
    """CPU seconds of a process and of all that it has started."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return sum(map(_cpu, [process, *process.children(recursive=True)]))
    return 0.0


def _cpu(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return float(sum(process.cpu_times()[:4]))
    return 0.0


def resident(pid: int) -> float:
    """MB that a process has in memory, what it shares with others included; 0 if it has ended."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).memory_info().rss / 1e6
    return 0.0
