"""A worker that stays away: its queue stays short, and nothing is lost or hidden."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.db.models import F
from django.db.models.functions import Now

from bus import ops
from bus.models import Delivery, State
from bus.relay.loop import Relay
from bus.relay.messages import Queued
from bus.store.claims import claim
from bus.store.poll import poll
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    delivery,
    end_leases,
    happened,
    make_due,
    note,
    relayed,
    states,
)
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None:
    note(str(event.number))


@pytest.fixture
def relay(broker: redis.Redis) -> Iterator[Relay]:
    register("desk")
    relay = Relay()
    yield relay
    relay.sender.close()


@pytest.fixture
def own_subscription(subscribed: Subscribed) -> str:
    return subscribed(react, batch=10)


def test_queue_of_absent_worker_is_no_longer_than_window(
    own_subscription: str, broker: redis.Redis, relay: Relay
) -> None:
    given(*happened(*range(60)))
    relay.step()
    make_due()
    relay.step()
    messages = broker.lrange("desk", 0, -1)

    for _lease in range(5):
        end_leases()
        relay.step()
        make_due()
        relay.step()

    assert broker.lrange("desk", 0, -1) == messages
    assert Delivery.objects.filter(state=State.SENT, token=1).count() == 40


def test_lost_message_is_sent_again_beside_queued_ones(
    own_subscription: str, broker: redis.Redis, relay: Relay
) -> None:
    given(*happened(*range(20)))
    relay.step()
    assert broker.llen("desk") == 2
    broker.rpop("desk")
    end_leases()

    relay.step()

    assert broker.llen("desk") == 2
    tokens = Delivery.objects.order_by("id").values_list("token", flat=True)
    assert list(tokens) == [2] * 10 + [1] * 10


def test_stale_copies_are_removed_from_queue(
    own_subscription: str, broker: redis.Redis, relay: Relay
) -> None:
    given(*happened(1))
    relay.step()
    (first,) = broker.lrange("desk", 0, -1)
    broker.delete("desk")  # a worker has it, and is frozen
    end_leases()
    relay.step()
    broker.rpush("desk", first)  # the broker gives it back
    malformed = b"{ no message of the bus"
    broker.lpush("desk", malformed)
    end_leases()

    relay.step()

    left = broker.lrange("desk", 0, -1)
    assert len(left) == 2
    assert first not in left
    assert malformed in left
    assert delivery(1).token == 2


def test_paused_deliveries_are_taken_from_an_unread_queue(
    own_subscription: str, relay: Relay
) -> None:
    given(*happened(1))
    relay.step()
    ops.pause(own_subscription, by="grace")
    end_leases()

    relay.step()

    assert states() == {"1": State.WAITING}


def test_started_delivery_does_not_count_as_queued(
    own_subscription: str, broker: redis.Redis, relay: Relay
) -> None:
    given(*happened(1))
    relay.step()
    Delivery.objects.update(state=State.RUNNING, attempts=1)
    end_leases()

    relay.step()

    assert (delivery(1).state, delivery(1).alone) == (State.SENT, True)


def test_queue_key_of_another_type_counts_as_empty(
    own_subscription: str, broker: redis.Redis
) -> None:
    given(*happened(1))
    batches = relayed()
    broker.set("desk", "something else")
    end_leases()

    assert Queued().tickets(poll()) == frozenset()
    assert [batch.task for batch in claim(poll())] == [batch.task for batch in batches]


def test_due_since_survives_whatever_happens_to_the_message(
    own_subscription: str, broker: redis.Redis, relay: Relay
) -> None:
    given(*happened(1))
    Delivery.objects.update(due_since=Now())
    relay.step()
    Delivery.objects.update(due_since=F("due_since") - timedelta(hours=3))
    since = delivery(1).due_since

    end_leases()
    relay.step()  # another lease
    broker.delete("desk")
    end_leases()
    relay.step()  # rescued
    broker.flushall()
    relay.step()  # the epoch is gone

    assert delivery(1).token == 3
    assert (delivery(1).due_since, delivery(1).retry_at) == (since, None)
