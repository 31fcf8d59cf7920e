"""The query by which KEDA scales a worker, run on PostgreSQL as the role that the page creates."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from bus.models import Delivery, Event, Queue, State, Subscription
from bus.publishing import publish
from bus.store.rescue import SENT_LEASE
from bus.tests.conftest import happened
from bus.worker.registration import register
from tests.kubernetes.manifests import named
from tests.support.manual import shown

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

MINUTE = timedelta(minutes=1)


def seconds(queue: str = "billing") -> int:
    """What KEDA is told of a queue. The role goes away with the test's transaction."""
    (trigger,) = named("ScaledObject", f"worker-{queue}")["spec"]["triggers"]
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in shown("psql, as the owner of the tables", {}).split(";"):
            if statement.strip():
                cursor.execute(statement)
        cursor.execute("SET LOCAL ROLE scaler")
        cursor.execute(trigger["metadata"]["query"])
        ((found,),) = cursor.fetchall()
        transaction.set_rollback(True)
    return int(found)


@pytest.fixture
def subscription() -> Subscription:
    register("billing")
    found = Subscription.objects.filter(queue__name="billing").first()
    assert found
    return found


def due(subscription: Subscription, stream: str, since: timedelta, **more: Any) -> Delivery:
    """One more delivery, of an event of its own, that has been due for so long."""
    publish(*happened(1))
    values = {"ordered": True, "due_at": Now() - since, "due_since": Now() - since} | more
    return Delivery.objects.create(
        event=Event.objects.latest("id"),
        subscription=subscription,
        queue=subscription.queue,
        stream=stream,
        **values,
    )


def test_idle_queue_needs_no_more_workers(subscription: Subscription) -> None:
    due(subscription, "a", MINUTE, state=State.DONE, closed_at=Now())

    assert seconds() == 0


def test_age_is_that_of_the_queues_oldest_delivery(subscription: Subscription) -> None:
    due(subscription, "a", MINUTE)
    due(subscription, "b", 2 * MINUTE, state=State.SENT, lease_until=Now())

    assert seconds() == 120
    assert seconds("orders") == 0


@pytest.mark.parametrize(
    "stopped",
    [{"paused_at": Now()}, {"retired_at": Now()}, {"held_until": Now() + MINUTE}],
)
def test_delivery_of_stopped_subscription_is_not_counted(
    subscription: Subscription, stopped: dict[str, Any]
) -> None:
    due(subscription, "a", MINUTE)
    Subscription.objects.update(**stopped)

    assert seconds() == 0


def test_delivery_that_waits_for_its_next_try_is_not_counted(subscription: Subscription) -> None:
    due(subscription, "a", MINUTE, due_at=Now() + MINUTE, retry_at=Now() + MINUTE)

    assert seconds() == 0


def test_wait_after_a_failure_is_no_age(subscription: Subscription) -> None:
    due(subscription, "a", 60 * MINUTE, due_at=Now() - MINUTE, retry_at=Now() - MINUTE)

    assert seconds() == 60


@pytest.mark.parametrize("limit", [{"rate": 1.0}, {"at_once": 4}, {}])
def test_what_a_limit_or_live_traffic_holds_back_counts_from_when_it_was_sent(
    subscription: Subscription, limit: dict[str, Any]
) -> None:
    Queue.objects.filter(pk=subscription.queue_id).update(**limit)
    hour, bulk = 60 * MINUTE, not limit
    due(subscription, "a", hour, bulk=bulk)
    assert seconds() == 0

    lease = Now() + SENT_LEASE - MINUTE
    due(subscription, "b", hour, bulk=bulk, state=State.SENT, lease_until=lease)

    assert seconds() == 60


@pytest.mark.parametrize(
    "first",
    [
        {"state": State.DEAD, "closed_at": None},
        {"state": State.RUNNING, "lease_until": Now()},
        {"due_at": Now() + MINUTE, "retry_at": Now() + MINUTE},
    ],
)
def test_delivery_behind_another_of_its_lane_is_not_counted(
    subscription: Subscription, first: dict[str, Any]
) -> None:
    due(subscription, "a", 3 * MINUTE, **first)
    due(subscription, "a", 2 * MINUTE)
    due(subscription, "b", MINUTE)

    assert seconds() == 60
