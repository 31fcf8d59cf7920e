"""Workers start, register, and reconnect to their broker."""

import gc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker import state as celery_state
from celery.worker.control import Panel
from django.db import DatabaseError, connection
from django.db import OperationalError as DatabaseAway
from kombu import Connection, Consumer, Queue
from kombu.exceptions import OperationalError

from bus.models import Subscription
from bus.worker import patience
from config import worker
from config.celery import app
from config.process import collect_less_garbage


def starting(*queues: str) -> SimpleNamespace:
    """As much of a worker as its registration looks at."""
    amqp = SimpleNamespace(queues=SimpleNamespace(consume_from=queues))
    return SimpleNamespace(app=SimpleNamespace(amqp=amqp))


def test_broker_that_is_away_is_looked_for_every_second() -> None:
    waits = []

    with pytest.raises(OperationalError):
        app.connection("redis://127.0.0.1:1/0").ensure_connection(
            lambda _error, wait: waits.append(wait), max_retries=3
        )

    assert waits == [1, 1, 1]


@pytest.mark.parametrize("queues", [["billing", "mispelled"], "mispelled"])
def test_worker_of_an_unknown_queue_names_those_that_exist(queues: Any) -> None:
    with pytest.raises(SystemExit, match=r"--queues names 'mispelled'.* analytics, billing, ful"):
        worker.refuse_unknown_queues(SimpleNamespace(app=app), {"queues": queues})


@pytest.mark.parametrize("queues", [None, [], ["billing", "orders"], "billing,orders"])
def test_worker_of_known_queues_may_start(queues: Any) -> None:
    worker.refuse_unknown_queues(SimpleNamespace(app=app), {"queues": queues})


def test_worker_obeys_inspection_alone(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Panel, "data", Panel.data.copy())
        worker.obey_inspection_alone()
        kinds = dict(Panel.data)
        changing = ("cancel_consumer", "shutdown", "hello", "revoke")
        of_flower = ("enable_events", "heartbeat")
        for method in (*changing, *of_flower):
            assert kinds[method](None, queue="billing") is None
        assert kinds["ping"](None) == {"ok": "pong"}

    told = [record.getMessage() for record in caplog.records]
    assert [line.split()[2] for line in told] == [*changing]


def test_every_command_of_celery_that_changes_something_is_refused() -> None:
    """By Celery's own word for them; a new release may bring new ones."""
    changing = {name for name, info in Panel.meta.items() if info.type == "control"}

    assert changing
    assert not changing & worker.INSPECTION


def test_worker_that_does_not_consume_its_queue_gives_no_sign_of_life(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
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
        tasks.cancel_by_queue("billing")
        touch()
        assert not file.exists()
        assert "billing is no longer consumed" in caplog.text


@pytest.mark.parametrize("told", ["should_stop", "should_terminate"])
@pytest.mark.parametrize("code", [0, 1, True])
def test_worker_that_is_stopping_does_not_ask_to_be_restarted(
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


def test_worker_asks_no_other_worker() -> None:
    starting = SimpleNamespace(options={"without_mingle": False, "without_gossip": False})

    worker.leave_other_workers_alone(sender=starting)

    assert starting.options == {"without_mingle": True, "without_gossip": True}


@pytest.mark.django_db(transaction=True)
def test_worker_registers_when_its_database_is_there_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "PAUSES", (0, 0))
    away = [DatabaseAway("the database system is starting up")]

    def query(execute: Any, *about: Any) -> Any:
        if away:
            raise away.pop()
        return execute(*about)

    with connection.execute_wrapper(query):
        worker.register_subscriptions(sender=starting("billing"))

    assert Subscription.objects.filter(queue__name="billing").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trouble", [DatabaseAway("gone"), DatabaseError("no such table")])
def test_worker_that_cannot_register_does_not_start(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    monkeypatch.setattr(patience, "PAUSES", (0, 0))

    def query(*_: Any) -> None:
        raise trouble

    with (
        connection.execute_wrapper(query),
        pytest.raises(SystemExit, match="worker: the subscriptions of billing cannot be"),
    ):
        worker.register_subscriptions(sender=starting("billing"))


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


def test_flower_is_told_of_many_events_at_once_and_of_the_next_ones_again() -> None:
    consumer = Telling()

    for _ in range(3):
        consumer.on_send_event_buffered()
    assert consumer.told == []
    for tell in consumer.due:
        tell()
    consumer.on_send_event_buffered()

    assert consumer.told == ["told"]
    assert len(consumer.due) == 2


def test_what_is_imported_is_no_garbage_and_the_rest_is_looked_at_less_often() -> None:
    frozen, thresholds = gc.get_freeze_count(), gc.get_threshold()
    try:
        collect_less_garbage()

        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold() > thresholds
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
