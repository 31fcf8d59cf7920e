"""What a worker gets from a Pub/Sub: what can be read, and no more than it may."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import current_app
from kombu import Connection, Consumer, Message
from kombu.asynchronous import Hub

from bus.broker import address, pubsub_channel
from bus.broker.message import inspect
from bus.broker.quarantine import KEPT_OF_EACH
from bus.broker.service_error import ServiceError
from bus.relay.messages import Sender
from bus.testing import given
from bus.tests.conftest import Subscribed, happened, relayed
from bus.tests.messages import EMBED, encoded, message
from tests.support.pubsub import PubsubServer

pytestmark = pytest.mark.django_db(transaction=True)

ASIDE = "bus-quarantine"


def react(event: Any) -> None: ...


def good(number: int) -> bytes:
    return encoded(message([[[[number, 1]]], {}, EMBED]))


@contextmanager
def consuming(got: list[Message], *, prefetch: int = 0) -> Iterator[Connection]:
    """A connection as a worker's, that consumes the queue `desk`."""
    with current_app.connection_for_read() as connection:
        queue = address.queue("desk")(connection.default_channel)
        queue.queue_declare()
        consumer = Consumer(connection, [queue], on_message=got.append)
        consumer.qos(prefetch_count=prefetch)
        with consumer:
            yield connection


def tickets(messages: list[Message]) -> list[int]:
    """The delivery that each is about."""
    return [json.loads(one.body)[0][0][0][0] for one in messages]


def test_message_that_was_sent_passes_inspection(
    subscribed: Subscribed, pubsub: PubsubServer
) -> None:
    subscribed(react)
    given(*happened(1))
    Sender().send(relayed())
    got: list[Message] = []

    with consuming(got) as connection:
        connection.drain_events(timeout=10)

    (one,) = got
    assert inspect(one.headers, one.body, one.content_type, one.content_encoding)


def test_worker_takes_no_more_than_its_prefetch_limit(pubsub: PubsubServer) -> None:
    got: list[Message] = []
    with consuming(got, prefetch=2) as connection:
        pubsub.publish("desk", *map(good, range(1, 5)))
        connection.drain_events(timeout=10)
        if len(got) < 2:
            connection.drain_events(timeout=5)
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=0.2)

        for one in got[:2]:
            one.ack()
        while len(got) < 4:
            connection.drain_events(timeout=5)

    assert tickets(got) == [1, 2, 3, 4]


def test_message_that_is_not_acknowledged_is_given_back_at_the_end(pubsub: PubsubServer) -> None:
    first: list[Message] = []
    with consuming(first) as connection:
        pubsub.publish("desk", good(1), good(2))
        while len(first) < 2:
            connection.drain_events(timeout=5)
        first[0].ack()

    second: list[Message] = []
    with consuming(second) as connection:
        connection.drain_events(timeout=5)

    assert tickets(second) == [2]


def test_message_is_acknowledged_when_its_connection_is_lost(pubsub: PubsubServer) -> None:
    got: list[Message] = []
    with consuming(got) as connection:
        pubsub.publish("desk", good(1))
        connection.drain_events(timeout=5)
    errors = connection.connection_errors

    got[0].ack_log_error(pubsub_channel.log, errors)

    assert len(pubsub.stored("desk")) == 1


def test_malformed_messages_are_put_aside_and_the_next_one_is_read(
    pubsub: PubsubServer, quarantined: Counter[str]
) -> None:
    unreadable = [b"{", b"\xff\xfe\x00", b"[" * 100_000, b"[]", b"{}", b"x" * 300_000]
    got: list[Message] = []
    with consuming(got) as connection:
        pubsub.publish("desk", *unreadable, good(7))
        while not got:
            connection.drain_events(timeout=5)
        got[0].ack()

    assert tickets(got) == [7]
    assert pubsub.stored("desk") == []
    assert pubsub.stored(ASIDE) == [item[:KEPT_OF_EACH] for item in unreadable]
    assert quarantined == {"desk": len(unreadable)}


def test_worker_with_an_event_loop_gets_messages_and_makes_room(pubsub: PubsubServer) -> None:
    got: list[Message] = []
    with consuming(got, prefetch=1) as connection:
        hub = Hub()
        connection.register_with_event_loop(hub)
        pubsub.publish("desk", *map(good, range(1, 4)))
        while len(got) < 3:
            hub.run_once()
            if got and not got[-1].acknowledged:
                got[-1].ack()

    assert tickets(got) == [1, 2, 3]
    assert pubsub.stored("desk") == []


def test_event_loop_is_told_that_the_service_is_away(pubsub: PubsubServer) -> None:
    with consuming([]) as connection:
        hub = Hub()
        hub.propagate_errors = connection.connection_errors
        connection.register_with_event_loop(hub)
        hub.run_once()
        pubsub.kill(hold=True)

        with pytest.raises(ServiceError, match="UNAVAILABLE"):
            hub.run_forever()
