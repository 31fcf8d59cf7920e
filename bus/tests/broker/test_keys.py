"""Two shops on one Redis do not meet."""

import json
from typing import Any

import pytest
import redis
from celery import current_app
from kombu import Consumer, Message
from kombu import Queue as KombuQueue

from bus.broker import keys
from bus.broker.quarantine import QUARANTINE
from bus.broker.server import EPOCH_KEY
from bus.models import RelayState
from bus.relay.epoch import Epoch
from bus.relay.messages import Queued, Sender
from bus.store.poll import poll
from bus.testing import given
from bus.tests.conftest import Subscribed, end_leases, happened, relayed
from bus.tests.messages import encoded, message, task  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = 1.0
OURS, THEIRS = "one:", "two:"
SAME = ("desk", "unacked", "unacked_index", QUARANTINE, EPOCH_KEY)
"""What the keys of two shops would be called without a prefix."""


@pytest.fixture
def shared(broker: redis.Redis, settings: Any) -> redis.Redis:
    """A Redis in which another shop has a message, one that is being worked on, and an epoch."""
    settings.BUS_KEY_PREFIX = OURS
    broker.lpush(f"{THEIRS}desk", encoded(message()))
    broker.hset(f"{THEIRS}unacked", "tag", json.dumps([message(), "", "desk"]))
    broker.zadd(f"{THEIRS}unacked_index", {"tag": LONG_AGO})
    broker.set(f"{THEIRS}{EPOCH_KEY}", "theirs")
    return broker


def received(count: int) -> list[Any]:
    got: list[Any] = []

    def receive(body: Any, one: Message) -> None:
        got.append(body[0])
        one.ack()

    with current_app.connection_for_read() as connection:
        queue = KombuQueue("desk", routing_key="desk")
        with Consumer(connection, [queue], callbacks=[receive], accept=["json"]):
            while len(got) < count:
                connection.drain_events(timeout=10)
    return got


def test_shop_sends_and_receives_only_under_its_prefix(
    subscribed: Subscribed, shared: redis.Redis
) -> None:
    given(*happened(1, 2))
    batches = relayed()

    Sender().send(batches)
    arguments = received(1)

    assert arguments == [[[list(ticket) for ticket in batches[0].tickets]]]
    assert shared.llen(f"{THEIRS}desk") == 1


def test_shop_requeues_and_quarantines_only_under_its_prefix(shared: redis.Redis) -> None:
    shared.hset(f"{OURS}unacked", "tag", json.dumps([message(), "", "desk"]))
    shared.zadd(f"{OURS}unacked_index", {"tag": LONG_AGO})
    with current_app.connection_for_read() as connection:
        connection.default_channel.qos.restore_visible()
    shared.rpush(f"{OURS}desk", b"nonsense")  # the end that is taken from first

    received(1)

    assert shared.lrange(f"{OURS}{QUARANTINE}", 0, -1) == [b"nonsense"]
    assert not shared.exists(f"{OURS}unacked", f"{OURS}unacked_index")
    assert shared.hlen(f"{THEIRS}unacked") == shared.zcard(f"{THEIRS}unacked_index") == 1


def test_key_of_another_type_is_renamed_under_the_same_prefix(shared: redis.Redis) -> None:
    shared.set(f"{OURS}desk", "what is this?")
    with current_app.connection_for_read() as connection:
        _ = connection.default_channel

    assert shared.get(f"{OURS}{QUARANTINE}:desk") == b"what is this?"


def test_every_key_has_the_prefix(shared: redis.Redis) -> None:
    given(*happened(1))
    Sender().send(relayed())
    Epoch().check()
    received(1)

    assert not shared.exists(*SAME)
    assert all(key.startswith((OURS.encode(), THEIRS.encode())) for key in shared.scan_iter())


def test_each_shop_has_epoch_of_its_own(shared: redis.Redis) -> None:
    Epoch().check()

    epoch = RelayState.objects.get().epoch
    assert shared.get(f"{OURS}{EPOCH_KEY}") == epoch.encode()
    assert shared.get(f"{THEIRS}{EPOCH_KEY}") == b"theirs"

    Epoch().check()

    assert RelayState.objects.get().epoch == epoch


def test_queued_message_is_found_under_the_prefix(shared: redis.Redis) -> None:
    given(*happened(1))
    batches = relayed()
    Sender().send(batches)
    end_leases()

    assert Queued().tickets(poll()) == frozenset(batches[0].tickets)


def test_default_prefix_is_stored_in_the_database(settings: Any) -> None:
    del settings.BUS_KEY_PREFIX
    keys.own_name.cache_clear()

    first = keys.prefix()
    keys.own_name.cache_clear()

    assert first == keys.prefix() == f"bus-{RelayState.objects.get().own_name}:"
    assert len(first) == len("bus-:") + 8
    RelayState.objects.all().delete()
    keys.own_name.cache_clear()
    assert keys.prefix() != first  # another database, another shop
    keys.own_name.cache_clear()
