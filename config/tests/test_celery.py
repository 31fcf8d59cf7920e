"""Workers give signs of life, and batch what they tell Flower."""

import gc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery.signals import worker_init
from celery.worker import state as celery_state
from celery.worker.control import Panel
from kombu import Connection, Consumer, Queue

from bus.models import Subscription
from bus.worker import progress
from config import worker
from config.process import collect_less_garbage
from config.tests.reading import HEX


def starting(*queues: str) -> SimpleNamespace:
    """As much of a worker as its registration looks at."""
    amqp = SimpleNamespace(queues=SimpleNamespace(consume_from=queues))
    return SimpleNamespace(app=SimpleNamespace(amqp=amqp))


def test_worker_that_does_not_consume_fails_its_health_check(
    settings: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.VAR_DIR = tmp_path
    with Connection("memory://") as wire:
        tasks = Consumer(wire.channel(), [Queue("billing")])
        running: list[Any] = []
        timer = SimpleNamespace(
            call_after=lambda _wait, run: running.append(run),
            call_repeatedly=lambda _wait, run: running.append(run),
        )
        consumer = SimpleNamespace(app=starting("billing").app, timer=timer, task_consumer=tasks)
        worker.SignOfLife(consumer).start(consumer)
        touch, file = running[0], worker.alive_file("billing")

        touch()
        assert not file.exists()

        tasks.consume()
        touch()
        assert file.exists()

        file.unlink()
        monkeypatch.setattr(progress, "progress", SimpleNamespace(is_stuck=True))
        touch()
        assert not file.exists()

        monkeypatch.setattr(progress, "progress", SimpleNamespace(is_stuck=False))
        tasks.cancel_by_queue("billing")
        touch()
        assert not file.exists()
        assert "billing is no longer consumed" in caplog.text


class Starting:
    """As much of a worker as the receivers of `worker_init` look at."""

    def __init__(self, *queues: str) -> None:
        self.app = starting(*queues).app
        self.options: dict[str, Any] = {}


@pytest.mark.django_db
def test_worker_with_refused_settings_registers_nothing(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Panel, "data", Panel.data.copy())
    settings.SECRET_KEY = "x"

    with pytest.raises(SystemExit, match="The settings cannot be used: SECRET_KEY"):
        worker_init.send(sender=Starting("billing"))
    assert not Subscription.objects.exists()

    settings.SECRET_KEY = HEX
    worker_init.send(sender=Starting("billing"))
    assert Subscription.objects.exists()


@pytest.mark.parametrize("told", ["should_stop", "should_terminate"])
@pytest.mark.parametrize("code", [0, 1, True])
def test_stopping_worker_logs_no_complaint(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    settings: Any,
    tmp_path: Path,
    told: str,
    code: Any,
) -> None:
    """It lets go of its queue first, and its last tasks end after that."""
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(celery_state, told, code)
    running: list[Any] = []
    timer = SimpleNamespace(
        call_after=lambda _wait, run: running.append(run),
        call_repeatedly=lambda _wait, run: running.append(run),
    )
    consumer = SimpleNamespace(app=starting("billing").app, timer=timer, task_consumer=None)
    worker.SignOfLife(consumer).start(consumer)

    running[0]()

    assert caplog.records == []
    assert not worker.alive_file("billing").exists()


class Telling(worker.Consumer):
    """A consumer without a connection, which notes what it would tell Flower, and when."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.event_dispatcher = SimpleNamespace(flush=lambda: self.told.append("told"))
        self.timer = SimpleNamespace(call_after=self._later)
        self.due: list[Any] = []

    def _later(self, seconds: float, function: Any) -> float:
        self.due.append(function)
        return seconds


def test_burst_of_events_updates_flower_once() -> None:
    consumer = Telling()

    for _ in range(3):
        consumer.on_send_event_buffered()
    assert consumer.told == []
    for tell in consumer.due:
        tell()
    consumer.on_send_event_buffered()

    assert consumer.told == ["told"]
    assert len(consumer.due) == 2


def test_worker_freezes_imports_and_collects_garbage_less_often() -> None:
    frozen, thresholds = gc.get_freeze_count(), gc.get_threshold()
    try:
        collect_less_garbage()

        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold() > thresholds
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
