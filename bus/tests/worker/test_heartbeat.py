"""A worker's sign of life."""

import threading
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from bus.models import WorkerState
from bus.worker import heartbeat
from bus.worker.heartbeat import Heartbeat
from tests.support.wait import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


class Timer:
    """Calls at once what is to be called once the loop runs; the rest when a test says so."""

    def __init__(self) -> None:
        self.cancelled = False
        self.again: Callable[[], None]

    def call_after(self, _seconds: float, function: Callable[[], None]) -> None:
        function()

    def call_repeatedly(self, _seconds: float, function: Callable[[], None]) -> "Timer":
        self.again = function
        return self

    def cancel(self) -> None:
        self.cancelled = True


def consumer() -> Any:
    queues = SimpleNamespace(consume_from={"desk": None})
    return SimpleNamespace(
        app=SimpleNamespace(amqp=SimpleNamespace(queues=queues)),
        pool=SimpleNamespace(num_processes=2),
        hostname="desk@here",
        timer=Timer(),
    )


def names() -> list[str]:
    return list(WorkerState.objects.order_by("name").values_list("name", flat=True))


def test_worker_gives_a_sign_until_it_stops() -> None:
    step, worker = Heartbeat(None), consumer()

    step.start(worker)
    wait_until(lambda: names() == ["desk@here"], 10, "a sign of life")
    step.stop(worker)

    state = WorkerState.objects.get()
    assert (state.queues, state.processes) == (["desk"], 2)
    assert worker.timer.cancelled


def test_database_that_is_stuck_does_not_stop_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    free, tried = threading.Event(), []

    def write(name: str, _queues: list[str], _processes: int) -> None:
        tried.append(name)
        free.wait(20)

    monkeypatch.setattr(heartbeat, "write", write)
    step, worker = Heartbeat(None), consumer()

    step.start(worker)
    wait_until(lambda: tried, 10, "the first sign")
    worker.timer.again()
    worker.timer.again()

    assert len(tried) == 1
    free.set()

    def again() -> bool:
        worker.timer.again()
        return len(tried) == 2

    wait_until(again, 10, "the next sign")
    step.stop(worker)


def test_trouble_with_the_database_is_no_trouble_of_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("no such host")

    monkeypatch.setattr(WorkerState.objects, "update_or_create", fail)

    heartbeat.write("desk@here", ["desk"], 2)

    assert names() == []


def test_worker_that_has_been_silent_for_long_is_forgotten() -> None:
    for name, ago in (("desk@old", 61), ("desk@new", 59)):
        seen_at = timezone.now() - timedelta(minutes=ago)
        WorkerState.objects.create(name=name, queues=[], processes=1, seen_at=seen_at)

    heartbeat.write("desk@here", ["desk"], 2)

    assert names() == ["desk@here", "desk@new"]


def test_step_that_did_not_start_can_be_stopped() -> None:
    Heartbeat(None).stop(None)
