"""A worker is stuck if it is idle while what was sent to its queue does not arrive."""

from datetime import timedelta
from typing import Any

import pytest
from celery.worker import state
from django.db.models.functions import Now

from bus.models import Delivery, RelayState, State
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened, relayed
from bus.worker.progress import LOOKS, Progress

pytestmark = pytest.mark.django_db(transaction=True)


def wrap(event: Happened) -> None: ...


@pytest.fixture
def sent(subscribed: Subscribed) -> None:
    """A delivery that was sent a quarter of an hour ago, by a relay that is at work."""
    subscribed(wrap)
    given(*happened(1))
    relayed()
    old = Now() - timedelta(minutes=15)
    Delivery.objects.update(due_since=old, due_at=old)
    relay_says("")


def relay_says(error: str) -> None:
    RelayState.objects.update_or_create(
        pk=RelayState.THE_ROW, defaults={"looked_at": Now(), "broker_error": error}
    )


def looked(times: int = LOOKS, queue: str = "desk") -> Progress:
    found = Progress(trusted_for=0, every=0)
    for _ in range(times):
        found.look([queue])
    return found


def test_idle_worker_that_gets_nothing_is_stuck(sent: None) -> None:
    assert looked().is_stuck


def test_one_look_is_not_enough(sent: None) -> None:
    assert not looked(LOOKS - 1).is_stuck


def test_worker_is_not_stuck_any_more_once_it_gets_something(sent: None) -> None:
    found = looked()
    Delivery.objects.update(state=State.RUNNING)

    found.look(["desk"])

    assert not found.is_stuck


def test_busy_worker_is_not_stuck(sent: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "active_requests", {"a job that takes an hour"})

    assert not looked().is_stuck


def test_worker_of_another_queue_is_not_stuck(sent: None) -> None:
    assert not looked(queue="attic").is_stuck


@pytest.mark.parametrize("broker", ["away", "unknown"])
def test_worker_is_not_to_blame_for_its_broker(sent: None, broker: str, settings: Any) -> None:
    settings.BUS_REDIS_URL = "redis://localhost:1/0"
    relay_says("the broker does not answer" if broker == "away" else "")
    if broker == "unknown":
        RelayState.objects.update(looked_at=Now() - timedelta(hours=1))

    assert not looked().is_stuck


def test_worker_that_has_just_started_is_trusted(sent: None) -> None:
    found = Progress(every=0)

    for _ in range(LOOKS):
        found.look(["desk"])

    assert not found.is_stuck


def test_delivery_that_was_sent_just_now_is_no_standstill(sent: None) -> None:
    Delivery.objects.update(due_since=Now())

    assert not looked().is_stuck
