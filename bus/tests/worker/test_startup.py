"""What a worker checks, registers and refuses before its first message."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker.control import Panel
from django.db import DatabaseError, connection
from django.db import OperationalError as DatabaseAway

from bus.models import Subscription
from bus.worker import errors, startup


def starting(*queues: str) -> SimpleNamespace:
    """As much of a worker as its registration looks at."""
    amqp = SimpleNamespace(queues=SimpleNamespace(consume_from=queues))
    return SimpleNamespace(app=SimpleNamespace(amqp=amqp))


def with_queues(*queues: str) -> SimpleNamespace:
    """As much of a worker as the check of its queues looks at."""
    return SimpleNamespace(app=SimpleNamespace(amqp=SimpleNamespace(queues=queues)))


@pytest.mark.parametrize("queues", [["billing", "mispelled"], "mispelled"])
def test_worker_of_unknown_queue_names_those_that_exist(queues: Any) -> None:
    with pytest.raises(SystemExit, match=r"names 'mispelled'.* The queues are billing, orders\."):
        startup.refuse_unknown_queues(with_queues("orders", "billing"), {"queues": queues})


@pytest.mark.parametrize("queues", [None, [], ["billing", "orders"], "billing,orders"])
def test_worker_of_known_queues_may_start(queues: Any) -> None:
    startup.refuse_unknown_queues(with_queues("orders", "billing"), {"queues": queues})


def test_worker_answers_inspection_only(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Panel, "data", Panel.data.copy())
        startup.obey_inspection_alone()
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
    assert not changing & startup.INSPECTION


def test_health_check_asks_no_other_worker() -> None:
    starting = SimpleNamespace(options={"without_mingle": False, "without_gossip": False})

    startup.leave_other_workers_alone(sender=starting)

    assert starting.options == {"without_mingle": True, "without_gossip": True}


@pytest.mark.django_db(transaction=True)
def test_worker_registers_when_its_database_is_there_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(errors, "PAUSES", (0, 0))
    away = [DatabaseAway("the database system is starting up")]

    def query(execute: Any, *about: Any) -> Any:
        if away:
            raise away.pop()
        return execute(*about)

    with connection.execute_wrapper(query):
        startup.register_subscriptions(sender=starting("billing"))

    assert Subscription.objects.filter(queue__name="billing").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trouble", [DatabaseAway("gone"), DatabaseError("no such table")])
def test_worker_that_cannot_register_does_not_start(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    monkeypatch.setattr(errors, "PAUSES", (0, 0))

    def query(*_: Any) -> None:
        raise trouble

    with (
        connection.execute_wrapper(query),
        pytest.raises(SystemExit, match="worker: the subscriptions of billing cannot be"),
    ):
        startup.register_subscriptions(sender=starting("billing"))
