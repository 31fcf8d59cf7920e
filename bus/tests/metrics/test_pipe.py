"""Forked processes give their measurements to the one that serves metrics."""

import multiprocessing
import os
import select
import signal
from collections.abc import Callable, Iterator, Sequence
from queue import Queue

import pytest

from bus import measurements
from bus.measurements import Figure, Measurement
from bus.metrics.pipe import Pipe

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def collected() -> Iterator["Queue[Measurement]"]:
    """What arrives of processes that are forked from now on."""
    found: Queue[Measurement] = Queue()

    def collect(some: Sequence[Measurement]) -> None:
        for one in some:
            found.put(one)

    measurements.collect_with(collect)
    Pipe(collect)
    yield found
    measurements.collect_with(None)


def forked(work: Callable[[], None]) -> int | None:
    """Run this in a process of its own; returns its exit code."""
    process = FORK.Process(target=work)
    process.start()
    process.join(timeout=10)
    return process.exitcode


def handled(subscription: str, count: float = 1) -> Measurement:
    return Figure.HANDLED, count, (subscription, "done")


def test_measurements_of_forked_processes_arrive(collected: "Queue[Measurement]") -> None:
    assert forked(lambda: measurements.report(handled("a"), handled("b"))) == 0
    assert forked(lambda: measurements.report(handled("c"))) == 0

    assert [collected.get(timeout=5)[2][0] for _ in range(3)] == ["a", "b", "c"]


def test_measurements_of_killed_process_stay_counted(collected: "Queue[Measurement]") -> None:
    def work() -> None:
        measurements.report(handled("a"))
        os.kill(os.getpid(), signal.SIGKILL)

    assert forked(work) == -signal.SIGKILL

    assert collected.get(timeout=5) == handled("a")


def test_measurement_too_long_for_one_write_is_dropped(collected: "Queue[Measurement]") -> None:
    def work() -> None:
        measurements.report(handled("a" * select.PIPE_BUF))
        measurements.report(handled("b"))

    assert forked(work) == 0

    assert collected.get(timeout=5) == handled("b")


def test_fork_of_a_process_that_collects_no_more_reports_nothing(
    collected: "Queue[Measurement]",
) -> None:
    measurements.collect_with(None)

    assert forked(lambda: os._exit(measurements.are_collected())) == 0


def test_full_pipe_holds_up_no_process() -> None:
    """Nothing reads: the thread that does is busy with the first measurement."""
    hold: Queue[None] = Queue()
    measurements.collect_with(lambda _some: None)
    Pipe(lambda _some: hold.get())

    def work() -> None:
        for number in range(5_000):
            measurements.report(handled(f"subscription {number}"))

    assert forked(work) == 0
    hold.put(None)
    measurements.collect_with(None)
