"""What a worker takes out of Redis is of the bus, whatever others have put there."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import redis
from celery import current_app
from kombu import Connection, Consumer, Message
from kombu import Queue as KombuQueue

from bus.broker.quarantine import KEPT_OF_EACH, MOST_KEPT, QUARANTINE
from bus.relay.messages import Sender
from bus.testing import given
from bus.tests.broker.test_envelope import UNREADABLE
from bus.tests.conftest import happened, relayed
from bus.tests.messages import encoded, message, task  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = 1.0

QUESTION = {"method": "ping"}
"""What Flower asks all workers."""


class Consumed:
    """A consumer of the queue, and what it got."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.got: list[Any] = []

    def receive(self, body: Any, received: Message) -> None:
        self.got.append(body[0])
        received.ack()

    def wait(self, count: int) -> list[Any]:
        while len(self.got) < count:
            self.connection.drain_events(timeout=10)
        return self.got


@pytest.fixture
def consumed(broker: redis.Redis) -> Iterator[Consumed]:
    with current_app.connection_for_read() as connection:
        found = Consumed(connection)
        queue = KombuQueue("desk", routing_key="desk")
        with Consumer(connection, [queue], callbacks=[found.receive], accept=["json"]):
            yield found


@pytest.fixture
def qos(broker: redis.Redis) -> Iterator[Any]:
    with current_app.connection_for_read() as connection:
        yield connection.default_channel.qos


def test_good_messages_among_unreadable_ones_arrive(
    broker: redis.Redis, consumed: Consumed, quarantined: Counter[str]
) -> None:
    given(*happened(1, 2))
    batches = relayed()
    unreadable = [encoded(item) for item in UNREADABLE.values()]
    for item in unreadable:
        broker.lpush("desk", item)
    Sender().send(batches)

    (arguments,) = consumed.wait(1)

    assert arguments == [[list(ticket) for ticket in batches[0].tickets]]
    kept = [item[:KEPT_OF_EACH] for item in unreadable]
    assert list(reversed(broker.lrange(QUARANTINE, 0, -1))) == kept
    assert quarantined == {"desk": len(unreadable)}


def test_quarantine_keeps_the_last_thousand(broker: redis.Redis, consumed: Consumed) -> None:
    broker.lpush(QUARANTINE, *[b"old"] * MOST_KEPT)
    broker.lpush("desk", b"new")
    given(*happened(1))
    Sender().send(relayed())

    consumed.wait(1)

    assert broker.llen(QUARANTINE) == MOST_KEPT
    assert broker.lindex(QUARANTINE, 0) == b"new"


def test_replies_between_workers_are_not_inspected(broker: redis.Redis) -> None:
    with current_app.connection_for_read() as connection:
        client = connection.default_channel.client
        client.lpush("1.reply.celery.pidbox", b"pong")

        reply = client.brpop("1.reply.celery.pidbox", timeout=1)

    assert reply == (b"1.reply.celery.pidbox", b"pong")
    assert broker.llen(QUARANTINE) == 0


def test_message_of_a_dead_worker_is_restored(broker: redis.Redis, qos: Any) -> None:
    broker.hset("unacked", "tag", json.dumps([message(), "", "desk"]))
    broker.zadd("unacked_index", {"tag": LONG_AGO})

    qos.restore_visible(interval=1)

    assert broker.llen("desk") == 1
    assert not broker.exists("unacked", "unacked_index", QUARANTINE)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(b"{", id="not JSON"),
        pytest.param(b"7", id="a number"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="deeply nested"),
        pytest.param(encoded([{}, "", "desk"]), id="an empty message"),
        pytest.param(encoded([message(), [], {}]), id="queues that are none"),
        pytest.param(encoded([message(), "", "elsewhere"]), id="a queue that is nobody's"),
        pytest.param(encoded([UNREADABLE["compression"], "", "desk"]), id="a malformed message"),
    ],
)
def test_unrestorable_message_does_not_block_others(
    broker: redis.Redis, qos: Any, quarantined: Counter[str], entry: bytes
) -> None:
    broker.hset("unacked", mapping={"bad": entry, "good": encoded([message(), "", "desk"])})
    broker.zadd("unacked_index", {"good": LONG_AGO, "bad": LONG_AGO + 1})

    qos.restore_visible(interval=1)

    assert broker.llen("desk") == 1
    assert broker.lrange(QUARANTINE, 0, -1) == [entry[:KEPT_OF_EACH]]
    assert quarantined == {"unacked": 1}
    assert not broker.exists("unacked", "unacked_index")


@pytest.mark.parametrize(
    "key",
    ["desk", "unacked", "unacked_index", QUARANTINE, "_kombu.binding.celery.pidbox"],
)
def test_queue_key_of_another_type_is_renamed(broker: redis.Redis, key: str) -> None:
    broker.set(key, "what is this?")
    given(*happened(1))

    Sender().send(relayed())

    assert broker.llen("desk") == 1
    assert not broker.exists(key) or broker.type(key) == b"list"
    assert broker.get(f"{QUARANTINE}:{key}") == b"what is this?"


def test_acknowledgement_on_closed_connection_does_not_end_worker(
    broker: redis.Redis, qos: Any
) -> None:
    errors = qos.channel.connection_errors

    # What a worker does with a connection that Redis has reset.
    qos.channel._disconnect_pools()
    qos.channel.connection.client = None

    with pytest.raises(errors):
        qos.ack("1")


def test_client_lives_as_long_as_its_connections(qos: Any) -> None:
    channel = qos.channel
    with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
        assert first is second

    channel._disconnect_pools()

    with channel.conn_or_acquire() as third:
        assert third is not first
        assert third.ping()


def test_full_redis_is_worked_off(broker: redis.Redis, consumed: Consumed) -> None:
    given(*happened(1))
    broker.lpush("desk", b"malformed")
    Sender().send(relayed())
    broker.config_set("maxmemory", "1")

    try:
        consumed.wait(1)
    finally:
        broker.config_set("maxmemory", "0")

    assert not broker.exists("desk", "unacked", QUARANTINE)


@pytest.mark.parametrize("end", ["ack", "reject"])
def test_unacknowledged_message_frees_its_place_in_the_worker(
    broker: redis.Redis, qos: Any, end: str
) -> None:
    qos.prefetch_count = 1
    taken = qos.channel.Message(message(), channel=qos.channel)
    taken._raw = message()
    qos.append(taken, taken.delivery_tag)
    assert not qos.can_consume()

    broker.execute_command("REPLICAOF", "127.0.0.1", "1")  # type: ignore[no-untyped-call]  # redis-py has no types for it
    try:
        with pytest.raises(redis.ReadOnlyError):
            getattr(qos, end)(taken.delivery_tag)
    finally:
        broker.execute_command("REPLICAOF", "NO", "ONE")  # type: ignore[no-untyped-call]  # as above

    assert qos.can_consume()


@pytest.mark.parametrize(
    "data",
    [b"[]", b"7", b"{}", b"[" * 100_000, b"\xff", encoded({"properties": {}}), encoded(message())],
    ids=["a list", "a number", "nothing", "deeply nested", "not UTF-8", "no tag", "a task"],
)
def test_unreadable_broadcast_is_ignored(broker: redis.Redis, data: bytes) -> None:
    heard: list[Any] = []
    with current_app.connection_for_read() as connection:
        node = current_app.control.mailbox(connection).Node("here")
        node.channel = connection.default_channel
        with node.listen(callback=lambda body, _message: heard.append(body)):
            with suppress(TimeoutError):
                connection.drain_events(timeout=0.5)  # subscribes
            broker.publish("/0.celery.pidbox", data)
            broker.publish("/0.celery.pidbox", encoded(message(QUESTION)))

            while QUESTION not in heard:
                connection.drain_events(timeout=10)
