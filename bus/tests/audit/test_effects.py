"""Effects that nothing will mark as done."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.db.models.functions import Now

from bus.audit import Effect
from bus.models import Delivery, Subscription
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened, relayed

pytestmark = pytest.mark.django_db(transaction=True)

ALWAYS = Q(pk__isnull=False)
LONG_AGO = Now() - timedelta(hours=2)


def react(event: Happened) -> None: ...


@pytest.fixture
def overdue(subscribed: Subscribed) -> Effect:
    """An effect that is there, of a delivery that has waited for hours."""
    subscribed(react)
    given(*happened(1))
    relayed()
    Delivery.objects.update(state="waiting", due_at=LONG_AGO, due_since=LONG_AGO)
    return Effect(handler=react, what="note", there=ALWAYS)


def test_effect_of_an_overdue_delivery_is_loose(overdue: Effect) -> None:
    assert overdue.loose().count() == 1


@pytest.mark.parametrize(
    "stopped",
    [
        {"paused_at": Now()},
        {"held_until": Now() + timedelta(minutes=1)},
        {"held_until": Now() - timedelta(minutes=1)},
    ],
    ids=["paused", "held", "just let go"],
)
def test_effect_is_not_loose_while_its_subscription_gets_no_work(
    overdue: Effect, stopped: dict[str, Any]
) -> None:
    Subscription.objects.update(**stopped)

    assert not overdue.loose().exists()
