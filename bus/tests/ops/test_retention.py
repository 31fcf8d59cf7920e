"""What the ledger forgets, and what it never does."""

import threading
import time
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import ProtectedError
from django.db.models.functions import Now
from django.utils import timezone

from bus import selectors
from bus.audit import events_have_deliveries
from bus.models import Delivery, Event, FailedAttempt, OperatorAction, State, Subscription
from bus.ops import Refused, retention
from bus.ops.backfill import backfill
from bus.ops.retention import KEPT, forgotten_until, prune
from bus.store.outbox import insert_deliveries, lock_fan_out
from bus.tests.conftest import Happened, Subscribed, at_once
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None: ...
def react_too(event: Happened) -> None: ...


def given_delivery(
    stream: str, age: timedelta, state: State, closed: timedelta | None = None
) -> None:
    """An event so old, and what became of it so long ago."""
    event = Event.objects.create(
        type="Happened",
        version=1,
        stream=stream,
        data={"about": stream},
        at=Now() - age,
        correlation="00000000-0000-0000-0000-000000000001",
    )
    insert_deliveries([event.pk])
    closed_at = None if closed is None else Now() - closed
    Delivery.objects.filter(event=event).update(state=state, closed_at=closed_at)


def left() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("stream", flat=True))


def test_only_long_finished_deliveries_are_pruned(subscribed: Subscribed) -> None:
    subscribed(react)
    register("desk")
    old, day = KEPT + timedelta(days=1), timedelta(days=1)
    given_delivery("done", old, State.DONE, old)
    given_delivery("discarded", old, State.DISCARDED, old)
    given_delivery("dead", old, State.DEAD, old)
    given_delivery("waiting", old, State.WAITING)
    given_delivery("done late", old, State.DONE, day)
    given_delivery("new", day, State.DONE, day)

    assert sum(prune(by="ada", why="disk")) == 2

    assert left() == ["dead", "waiting", "done late", "new"]
    assert len(list(selectors.history(Happened))) == 6
    action = OperatorAction.objects.get()
    assert (action.who, action.what, action.count, action.why) == ("ada", "prune", 2, "disk")
    assert action.subject.startswith("done before 20")


def test_pruning_takes_small_steps(subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    subscribed(react)
    subscribed(react_too)
    register("desk")
    for number in range(3):
        given_delivery(str(number), timedelta(days=40), State.DONE, timedelta(days=40))

    assert list(prune(timedelta(days=30), by="ada")) == [2, 2, 2]

    assert left() == []
    assert OperatorAction.objects.get().count == 6


def test_interrupted_pruning_records_what_it_did(
    subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    subscribed(react)
    register("desk")
    for number in range(3):
        given_delivery(str(number), timedelta(days=40), State.DONE, timedelta(days=40))

    steps = prune(timedelta(days=30), by="ada")
    next(steps)
    del steps

    assert OperatorAction.objects.get().count == 1
    assert len(left()) == 2
    assert forgotten_until() > timezone.now() - timedelta(days=31)


def test_failed_attempts_are_pruned_with_their_delivery(subscribed: Subscribed) -> None:
    subscribed(react)
    register("desk")
    for stream, closed in (("old", timedelta(days=40)), ("new", timedelta(0))):
        given_delivery(stream, timedelta(days=50), State.DONE, closed)
        FailedAttempt.objects.create(
            delivery=Delivery.objects.get(stream=stream), number=1, kind="ValueError"
        )

    assert sum(prune(timedelta(days=30), by="ada")) == 1

    assert [one.delivery.stream for one in FailedAttempt.objects.all()] == ["new"]


def test_pruning_nothing_is_recorded() -> None:
    assert sum(prune(by="nightly")) == 0

    assert OperatorAction.objects.get().count == 0


def test_ledger_records_its_pruned_age() -> None:
    assert abs(timezone.now() - KEPT - forgotten_until()) < timedelta(minutes=1)

    list(prune(timedelta(days=30), by="ada"))
    list(prune(by="nightly"))

    assert abs(timezone.now() - timedelta(days=30) - forgotten_until()) < timedelta(minutes=1)


def test_pruned_delivery_is_neither_missed_nor_repeated(subscribed: Subscribed) -> None:
    name = subscribed(react)
    register("desk")
    Subscription.objects.update(registered_at=Now() - timedelta(days=800))
    given_delivery("pruned", timedelta(days=40), State.DONE, timedelta(days=40))
    assert sum(prune(timedelta(days=30), by="ada")) == 1

    assert list(events_have_deliveries()) == []
    with pytest.raises(Refused, match="their deliveries were pruned"):
        list(backfill(name, since=timezone.now() - timedelta(days=50), rate=1, by="ada"))


@pytest.mark.postgres
def test_pruning_waits_for_a_step_of_backfill() -> None:
    def step() -> datetime:
        with transaction.atomic():
            lock_fan_out()
            in_step.set()
            time.sleep(0.3)
            return forgotten_until()

    def forget() -> None:
        in_step.wait(timeout=10)
        list(prune(timedelta(0), by="ada"))

    in_step = threading.Event()

    known, _ = at_once(step, forget)

    assert known < timezone.now() - timedelta(days=1)
    assert forgotten_until() > timezone.now() - timedelta(days=1)


@pytest.mark.parametrize("days", [-1, 40_000])
def test_invalid_age_is_refused(days: int) -> None:
    with pytest.raises(Refused, match="must be between 0 and 36500 days"):
        list(prune(timedelta(days=days), by="ada"))


def test_no_effect_refers_to_its_delivery(subscribed: Subscribed) -> None:
    assert [one.related_model for one in Delivery._meta.related_objects] == [FailedAttempt]

    subscribed(react)
    register("desk")
    given_delivery("a", timedelta(days=1), State.DONE, timedelta(days=1))
    with pytest.raises(ProtectedError):
        Event.objects.all().delete()
