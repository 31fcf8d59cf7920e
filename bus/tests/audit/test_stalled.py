"""What stands still is found by the audit, and what waits for a reason is not."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from bus.audit import Finding, Operator, due_and_not_started, findings, lost_in_flight
from bus.models import Delivery, State, Subscription
from bus.ops import discard, pause
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    delivery,
    end_leases,
    happened,
    relayed,
    states,
)

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = Now() - timedelta(hours=2)


def react(_event: object) -> None: ...


def overdue(*events: Happened) -> None:
    """Deliveries of these events, sent once and due again for long."""
    given(*events)
    relayed()
    Delivery.objects.update(state=State.WAITING, due_since=LONG_AGO, lease_until=None)


def subjects(found: list[Finding]) -> list[str]:
    return [one.subject for one in found]


def test_long_due_deliveries_are_one_finding_per_subscription(subscribed: Subscribed) -> None:
    name = subscribed(react)
    overdue(*happened(1, 2, 3))

    [finding] = findings(due_and_not_started)

    assert finding.subject == f"{name}, delivery {delivery(1).pk}"
    assert finding.what == "is due for more than an hour; so are 2 more"


def test_recently_due_delivery_is_no_finding(subscribed: Subscribed) -> None:
    subscribed(react)
    overdue(*happened(1))
    Delivery.objects.update(due_since=Now() - timedelta(minutes=30))

    assert findings(due_and_not_started) == []


def test_delivery_waiting_for_retry_is_no_finding(subscribed: Subscribed) -> None:
    subscribed(react)
    overdue(*happened(1))

    later = Now() + timedelta(minutes=5)
    Delivery.objects.update(retry_at=later, due_at=later)
    assert findings(due_and_not_started) == []

    Delivery.objects.update(retry_at=Now() - timedelta(minutes=5), due_at=Now())
    assert findings(due_and_not_started) == []

    Delivery.objects.update(retry_at=LONG_AGO)
    assert len(findings(due_and_not_started)) == 1


def test_delivery_sent_repeatedly_and_never_started_is_found(subscribed: Subscribed) -> None:
    name = subscribed(react)
    overdue(*happened(1))
    relayed()
    assert states() == {"1": State.SENT}

    for _lease in range(3):
        end_leases()
        relayed()

    assert delivery(1).token == 5
    assert subjects(findings(due_and_not_started)) == [f"{name}, delivery {delivery(1).pk}"]
    Delivery.objects.update(state=State.RUNNING)
    assert findings(due_and_not_started) == []


def test_paused_or_held_delivery_is_no_finding(subscribed: Subscribed) -> None:
    name = subscribed(react)
    overdue(*happened(1))
    Subscription.objects.update(held_until=Now() - timedelta(minutes=1))
    assert findings(due_and_not_started) == []

    Subscription.objects.update(held_until=None)
    pause(name, by="grace")

    assert findings(due_and_not_started) == []


def test_delivery_behind_a_dead_one_is_no_finding(subscribed: Subscribed) -> None:
    name = subscribed(react, ordered=True)
    overdue(Happened(about="1"), Happened(about="1", number=2))
    first, second = Delivery.objects.order_by("id").values_list("pk", flat=True)
    assert subjects(findings(due_and_not_started)) == [f"{name}, delivery {first}"]

    Delivery.objects.filter(pk=first).update(state=State.DEAD)
    assert findings(due_and_not_started) == []

    discard([first], by="grace", why="gone")
    assert subjects(findings(due_and_not_started)) == [f"{name}, delivery {second}"]


def test_delivery_in_flight_without_lease_is_made_due_by_repair(
    subscribed: Subscribed,
) -> None:
    subscribed(react)
    given(*happened(1))
    relayed()
    assert findings(lost_in_flight) == []
    Delivery.objects.update(lease_until=None)

    [finding] = findings(lost_in_flight)
    assert finding.repair is not None
    assert finding.repair(Operator("grace"))
    assert finding.repair(Operator("grace")) == ""
    relayed()

    assert states() == {"1": "sent"}
    assert findings(lost_in_flight) == []
