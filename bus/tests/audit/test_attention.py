"""What needs a person is told, with where to act, and nothing else is."""

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db.models.functions import Now

from bus import handlers, ops
from bus.audit.attention import Concern, Kind, concerns, counts
from bus.models import AuditResult, Delivery, Event, Outbox, RelayState, State, Subscription
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    end_leases,
    happened,
    make_due,
    relayed,
)

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = Now() - timedelta(hours=2)


def react(_event: object) -> None: ...


def looked(**said: str) -> None:
    """A relay has just looked."""
    said = {"broker_error": ""} | said
    RelayState.objects.update_or_create(
        pk=RelayState.THE_ROW, defaults={"looked_at": Now(), **said}
    )


def told(kind: Kind) -> list[Concern]:
    return [concern for concern in concerns() if concern.kind == kind]


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    """A subscription whose relay is at work."""
    found = subscribed(react)
    looked()
    return found


def test_sound_ledger_needs_no_person(name: str) -> None:
    given(*happened(1, 2))
    relayed()
    AuditResult.objects.create(rule="all is well", findings=0, unseen=False)

    assert concerns() == []
    assert counts() == {}


def test_dead_deliveries_are_counted_by_subscription(name: str) -> None:
    given(*happened(1, 2, 3))
    relayed()
    Delivery.objects.exclude(stream="3").update(state=State.DEAD, closed_at=LONG_AGO)

    [concern] = told(Kind.DEAD)

    assert concern.what == f"{name}: 2 deliveries dead. Deliver them again or discard them."
    assert "state__exact=dead" in concern.page
    assert counts()[Kind.DEAD] == 2


@pytest.mark.parametrize("state", [State.WAITING, State.SENT])
def test_subscription_without_worker_is_listed(name: str, state: State) -> None:
    given(*happened(1, 2))
    relayed()
    Delivery.objects.update(state=state, due_since=LONG_AGO)

    [concern] = told(Kind.STANDING)

    asks = "Does a worker of the queue desk run?"
    assert concern.what == f"{name}: due and not started. {asks}"
    end_leases()
    relayed()
    assert len(told(Kind.STANDING)) == 1


def test_retries_pauses_and_lanes_are_not_listed_as_stalled(subscribed: Subscribed) -> None:
    name = subscribed(react, ordered=True)
    given(Happened(about="1"), Happened(about="1", number=2))
    relayed()
    first, _second = Delivery.objects.order_by("id")
    Delivery.objects.filter(pk=first.pk).update(state=State.RUNNING)
    Delivery.objects.update(due_since=LONG_AGO)
    assert told(Kind.STANDING) == []

    Delivery.objects.filter(pk=first.pk).update(state=State.DONE)
    assert len(told(Kind.STANDING)) == 1
    Delivery.objects.update(retry_at=Now() - timedelta(seconds=5))
    assert told(Kind.STANDING) == []

    Delivery.objects.update(retry_at=None)
    ops.pause(name, by="grace")
    assert told(Kind.STANDING) == []


def test_subscription_failing_for_an_hour_is_listed(name: str) -> None:
    given(*happened(1, 2))
    relayed()
    later = Now() + timedelta(minutes=30)
    Delivery.objects.update(state=State.WAITING, retry_at=later, due_at=later)
    assert concerns() == []
    Delivery.objects.update(due_since=LONG_AGO)

    [concern] = concerns()

    assert concern.kind == Kind.FAILING
    assert concern.since == Delivery.objects.all()[0].due_since


def test_subscription_that_never_failed_is_not_listed_as_failing(name: str) -> None:
    given(*happened(1))
    relayed()
    Delivery.objects.update(state=State.WAITING, due_at=Now(), due_since=LONG_AGO)
    assert Delivery.objects.get().retry_at is None

    assert [concern.kind for concern in concerns()] == [Kind.STANDING]


def test_long_pause_with_open_deliveries_is_listed(name: str) -> None:
    relayed()
    ops.pause(name, by="grace")
    Subscription.objects.update(paused_at=Now() - timedelta(days=2))
    assert concerns() == []
    given(*happened(1))
    relayed()

    assert [concern.kind for concern in concerns()] == [Kind.PAUSED]


def test_missing_audit_is_listed_once_there_are_events(name: str) -> None:
    given(*happened(1))
    relayed()
    assert concerns() == []
    older = Event.objects.get()
    Event.objects.create(
        type="Other", version=1, stream="1", data={}, correlation=older.correlation,
        at=Now() - timedelta(days=3),
    )  # fmt: skip

    assert [concern.kind for concern in concerns()] == [Kind.AUDIT_MISSING]


def test_recent_backlog_is_not_listed(name: str) -> None:
    given(*happened(*range(150)))
    relayed()
    make_due()

    assert told(Kind.STANDING) == []


def test_subscription_without_code_is_listed_until_retired(name: str) -> None:
    relayed()
    handlers.by_name.pop(name)
    current_app.tasks.pop(name)
    Subscription.objects.update(registered_at=LONG_AGO)

    [concern] = told(Kind.NO_CODE)
    assert name in concern.what

    ops.retire(name, by="grace", why="gone")
    assert told(Kind.NO_CODE) == []


def test_subscription_of_newer_code_is_not_listed(name: str) -> None:
    relayed()
    handlers.by_name.pop(name)
    current_app.tasks.pop(name)

    assert Subscription.objects.get(name=name).registered_at > handlers.LOADED_AT
    assert told(Kind.NO_CODE) == []


def test_silent_or_missing_relay_is_listed(name: str) -> None:
    relayed()
    RelayState.objects.update(looked_at=LONG_AGO)
    assert len(told(Kind.RELAY)) == 1

    RelayState.objects.all().delete()
    assert len(told(Kind.RELAY)) == 1

    Subscription.objects.all().delete()
    assert told(Kind.RELAY) == []


def test_broker_trouble_is_listed_in_the_relays_words(name: str, settings: Any) -> None:
    settings.BUS_REDIS_URL = "redis://localhost:1/0"
    looked(broker_error="TimeoutError: the broker does not answer")

    [concern] = told(Kind.BROKER)

    assert "TimeoutError" in concern.what


def test_events_not_fanned_out_are_listed_after_a_minute(name: str) -> None:
    given(*happened(1))
    assert told(Kind.OUTBOX) == []
    event = Outbox.objects.get().event
    older = type(event)(type="Happened", version=1, stream="1", data={}, at=LONG_AGO)
    older.correlation = event.correlation
    older.save()
    Outbox.objects.create(event=older)

    [concern] = told(Kind.OUTBOX)

    assert concern.count == 1


def test_findings_and_unseen_checks_of_audit_are_listed(name: str) -> None:
    AuditResult.objects.create(rule="sums add up", findings=3, unseen=False)
    AuditResult.objects.create(rule="files are there", findings=0, unseen=True)
    AuditResult.objects.create(rule="stock is right", findings=0, unseen=False, at=LONG_AGO)
    stale = Now() - timedelta(days=3)
    AuditResult.objects.create(rule="mails were sent", findings=0, unseen=False, at=stale)

    assert [concern.what for concern in told(Kind.AUDIT)] == [
        "Not true: sums add up. manage.py audit lists the findings."
    ]
    assert counts() == {Kind.AUDIT: 3, Kind.AUDIT_MISSING: 2}


def test_list_takes_constant_queries(name: str, django_assert_max_num_queries: Any) -> None:
    given(*happened(*range(50)))
    relayed()
    Delivery.objects.update(due_since=LONG_AGO)

    with django_assert_max_num_queries(16):
        concerns()
