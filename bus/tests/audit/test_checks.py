"""The audit of the bus itself, and how repairs are done."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.db.models.functions import Now

from bus.audit import (
    Check,
    Finding,
    Operator,
    check,
    checks,
    events_have_deliveries,
    findings,
    repair,
)
from bus.models import Delivery, OperatorAction, Subscription
from bus.ops import retire
from bus.store.outbox import fan_out
from bus.testing import given
from bus.tests.conftest import Subscribed, happened
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)
GRACE = Operator("grace", "the audit of November")


def react(_event: object) -> None: ...


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    """A subscription that was there before every event of the test."""
    name = subscribed(react)
    register("desk")
    Subscription.objects.update(registered_at=Now() - timedelta(days=2))
    return name


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What a test registers is gone after it."""
    before = dict(checks.by_rule)
    yield
    checks.by_rule.clear()
    checks.by_rule.update(before)


def lose_deliveries() -> None:
    """Owe the events of two streams, and lose the ledger's rows."""
    given(*happened(1, 2))
    fan_out()
    Delivery.objects.all().delete()


def test_missing_delivery_is_inserted_once(name: str) -> None:
    lose_deliveries()
    [first, second] = events_have_deliveries()
    assert first.repair is not None

    assert first.repair(GRACE) == f"A delivery for {name} was inserted"
    assert first.repair(GRACE) == ""

    assert Delivery.objects.get().stream == "1"
    assert [one.subject for one in events_have_deliveries()] == [second.subject]
    [action] = OperatorAction.objects.all()
    assert (action.who, action.what) == ("grace", "repair")
    assert action.why == f"A delivery for {name} was inserted. the audit of November"


def test_no_delivery_is_inserted_for_a_subscription_retired_meanwhile(name: str) -> None:
    lose_deliveries()
    [first, _second] = events_have_deliveries()
    assert first.repair is not None
    retire(name, by="grace", why="gone")

    assert first.repair(GRACE) == ""
    assert not Delivery.objects.exists()


def test_event_in_outbox_is_no_finding(name: str) -> None:
    given(*happened(1))

    assert list(events_have_deliveries()) == []


def test_failing_repair_does_not_stop_the_others() -> None:
    def fails(_operator: Operator) -> str:
        raise DatabaseError("Ada Lovelace")

    found = {
        "a rule": [
            Finding("1", "is wrong", repair=fails),
            Finding("2", "is wrong", asks="Look."),
            Finding("3", "is wrong", repair=lambda operator: operator.name),
        ]
    }

    done = [(one.subject, one.done) for one in repair(found, GRACE)]

    assert done == [("1", "failed with DatabaseError: run the audit again"), ("3", "grace")]


def test_check_cannot_write(forgotten: None) -> None:
    writing: Check = check("nobody writes")(
        lambda: [Finding(str(OperatorAction.objects.create(who="a", what="b", subject="c")), "")]
    )

    with suppress(DatabaseError):
        findings(writing)

    assert not OperatorAction.objects.exists()
