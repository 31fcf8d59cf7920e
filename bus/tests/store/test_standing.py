"""A limited queue that has much to do is no standstill."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from bus import Queue
from bus.models import Delivery, Pace, State, Subscription
from bus.store import inspection
from bus.store.outbox import fan_out
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None: ...


@pytest.mark.parametrize("state", [State.WAITING, State.SENT])
@pytest.mark.parametrize(
    ("limits", "moves", "stands"),
    [
        ({"rate": "1/min"}, True, False),
        ({"at_once": 1}, True, False),
        ({"rate": "1/min"}, False, True),
        ({}, True, True),
    ],
)
def test_limited_queue_stands_still_only_if_nothing_of_it_gets_done(
    subscribed: Subscribed, state: State, limits: dict[str, Any], moves: bool, stands: bool
) -> None:
    name = subscribed(react, queue=Queue("desk", **limits))
    register("desk")
    given(*happened(1))
    fan_out()
    Delivery.objects.update(
        state=state,
        due_at=Now() - timedelta(hours=2),
        due_since=Now() - timedelta(hours=2),
        lease_until=Now() + timedelta(minutes=1) if state == State.SENT else None,
    )
    Subscription.objects.update(registered_at=Now() - timedelta(days=1))
    if moves:
        Pace.objects.create(
            subscription=Subscription.objects.get(name=name), minute=Now(), bucket=1, done=1
        )

    found = [row.subscription.name for row in inspection.standing()]
    overdue = [row[0] for row in inspection.not_started(timedelta(hours=1))]

    assert found == overdue == ([name] if stands else [])
