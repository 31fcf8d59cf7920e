"""What comes out of a queue has the shape that the relay gave it, or it goes to quarantine."""

import base64
import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery import current_app, shared_task
from kombu import Consumer, Message
from kombu import Queue as KombuQueue

from bus import transport
from bus.relay.sending import Sender
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened, relayed
from bus.transport import MOST_KEPT, QUARANTINE, Malformed


def react_to_message(fact: Happened) -> None: ...


def sweep() -> None:
    """What beat would start."""


shared_task(sweep, name="tests.sweep")


TASK = f"{__name__}.react_to_message"
TICKETS = [[1, 1], [2, 5]]
EMBED = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


@pytest.fixture(autouse=True)
def task(subscribed: Subscribed) -> str:
    return subscribed(react_to_message)


def message(
    body: Any = None, *, headers: Any = None, properties: Any = None, **top: Any
) -> dict[str, Any]:
    """A message as it lies in Redis, but for what a test says."""
    text = json.dumps([[TICKETS], {}, EMBED] if body is None else body).encode()
    info = {"exchange": "", "routing_key": "desk"}
    return {
        "body": base64.b64encode(text).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"id": "1", "task": TASK, "lang": "py"} | (headers or {}),
        "properties": {"delivery_tag": "1", "delivery_info": info, "body_encoding": "base64"}
        | (properties or {}),
    } | top


def without(name: str, within: str = "headers") -> dict[str, Any]:
    found = message()
    del found[within][name]
    return found


MALFORMED: dict[str, Any] = {
    "not JSON": b"{",
    "empty": b"",
    "a list": [],
    "a number": 7,
    "not UTF-8": b'{"body": "\xff"}',
    "deeply nested": b"[" * 100_000,
    "deeply nested within": json.dumps(message()).replace('"1"', "[" * 5000 + "]" * 5000).encode(),
    "too large": message(headers={"argsrepr": "x" * 300_000}),
    "no headers": {"body": "", "properties": {}},
    "no id": without("id"),
    "an id that is none": message(headers={"id": None}),
    "no task": without("task"),
    "no delivery tag": without("delivery_tag", "properties"),
    "no delivery info": without("delivery_info", "properties"),
    "a body that is not base64": message() | {"body": "%%%"},
    "a body that is not text": message() | {"body": 7},
    "a body that is said to be plain": message(properties={"body_encoding": "utf-8"}),
    "a body that is pickled": message()
    | {"body": base64.b64encode(pickle.dumps(TICKETS)).decode()},
    "a body of another shape": message(body={"args": [TICKETS]}),
    "a body of two parts": message(body=[[TICKETS], {}]),
    "no arguments": message(body=[[], {}, EMBED]),
    "two arguments": message(body=[[TICKETS, TICKETS], {}, EMBED]),
    "a named argument": message(body=[[], {"tickets": TICKETS}, EMBED]),
    "arguments that are not deliveries": message(body=[["rm -rf"], {}, EMBED]),
    "a ticket of three": message(body=[[[[1, 1, 1]]], {}, EMBED]),
    "an id beyond the database's": message(body=[[[[2**63, 1]]], {}, EMBED]),
    "an id below one": message(body=[[[[0, 1]]], {}, EMBED]),
    "an id that is true": message(body=[[[[True, 1]]], {}, EMBED]),
    "a token beyond the database's": message(body=[[[[1, 2**31]]], {}, EMBED]),
    "an id of 5,000 digits": json.dumps(message()).encode().replace(b'"1"', b"1" * 5000),
    "callbacks": message(body=[[TICKETS], {}, EMBED | {"callbacks": [{"task": TASK}]}]),
    "error callbacks": message(body=[[TICKETS], {}, EMBED | {"errbacks": [{"task": TASK}]}]),
    "a chain": message(body=[[TICKETS], {}, EMBED | {"chain": [{"task": TASK}]}]),
    "a chord": message(body=[[TICKETS], {}, EMBED | {"chord": {"task": TASK}}]),
    "pickle as its type": message(**{"content-type": "application/x-python-serialize"}),
    "binary as its encoding": message(**{"content-encoding": "binary"}),
    "compression": message(headers={"compression": "application/x-bz2"}),
    "a time far away": message(headers={"eta": "9999-12-31T23:59:59"}),
    "an end": message(headers={"expires": "2000-01-01T00:00:00"}),
    "a group": message(headers={"group": "1"}),
    "stamps": message(headers={"stamps": {"a": [1]}}),
    "a time limit that kills at once": message(headers={"timelimit": [0.001, None]}),
    "negative retries": message(headers={"retries": -1}),
    "a task that nobody has": message(headers={"task": "os.system"}),
    "a task of Celery's own": message([[], {}, EMBED], headers={"task": "celery.backend_cleanup"}),
    "beat's task with arguments": message(headers={"task": "tests.sweep"}),
}


def encoded(item: Any) -> bytes:
    return item if isinstance(item, bytes) else json.dumps(item).encode()


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_message_is_refused(kind: str) -> None:
    with pytest.raises(Malformed):
        transport.inspect(encoded(MALFORMED[kind]))


@pytest.mark.parametrize(
    "good",
    [
        message(),
        message(body=[[[]], {}, EMBED]),
        message(headers={"retries": 3, "timelimit": [60, 45], "ignore_result": True}),
        message([[], {}, EMBED], headers={"task": "tests.sweep"}),
    ],
    ids=["a batch", "an empty batch", "with all that Celery adds", "beat's"],
)
def test_a_message_of_the_shape_of_the_bus_is_let_through(good: dict[str, Any]) -> None:
    passed = json.loads(transport.inspect(encoded(good)))

    assert passed["body"] == good["body"]
    assert passed["headers"].items() >= good["headers"].items()


@pytest.mark.parametrize("odd", ["1" * 5000, "[" * 900 + "]" * 900, "1e99999"])
def test_what_nobody_reads_does_not_reach_the_worker(odd: str) -> None:
    item = encoded(message()).replace(b'"lang"', f'"odd": {odd}, "lang"'.encode())

    passed = transport.inspect(item)

    assert json.loads(passed)["headers"].keys() & {"odd", "lang"} == {"lang"}


def test_a_refusal_does_not_repeat_the_message() -> None:
    with pytest.raises(Malformed) as refusal:
        transport.inspect(encoded(message(headers={"id": None, "origin": "Grace Hopper"})))

    assert "Grace" not in str(refusal.value)


@pytest.fixture
def consumed(broker: redis.Redis) -> Iterator[list[Any]]:
    """What a consumer of the queue gets, with the malformed passed over."""
    got: list[Any] = []

    def receive(body: Any, received: Message) -> None:
        got.append(body[0])
        received.ack()

    with current_app.connection_for_read() as connection:
        queue = KombuQueue("desk", routing_key="desk")
        with Consumer(connection, [queue], callbacks=[receive], accept=["json"]):

            class Waiting(list[Any]):
                def wait(self, count: int) -> list[Any]:
                    while len(self) < count:
                        connection.drain_events(timeout=10)
                    return list(self)

            got = Waiting()
            yield got


@pytest.mark.django_db(transaction=True)
def test_good_messages_among_malformed_ones_all_arrive(
    broker: redis.Redis, consumed: Any, task: str
) -> None:
    given(*happened(1, 2))
    batches = relayed()
    malformed = [encoded(item) for item in MALFORMED.values()]
    for item in malformed:
        broker.lpush("desk", item)
    Sender().send(batches)

    (arguments,) = consumed.wait(1)

    assert arguments == [[list(ticket) for ticket in batches[0].tickets]]
    assert list(reversed(broker.lrange(QUARANTINE, 0, -1))) == malformed


@pytest.mark.django_db(transaction=True)
def test_the_quarantine_keeps_the_last_thousand(
    broker: redis.Redis, consumed: Any, task: str
) -> None:
    broker.lpush(QUARANTINE, *[b"old"] * MOST_KEPT)
    broker.lpush("desk", b"new")
    given(*happened(1))
    Sender().send(relayed())

    consumed.wait(1)

    assert broker.llen(QUARANTINE) == MOST_KEPT
    assert broker.lindex(QUARANTINE, 0) == b"new"


@pytest.mark.django_db(transaction=True)
def test_what_workers_tell_each_other_is_not_looked_at(broker: redis.Redis) -> None:
    with current_app.connection_for_read() as connection:
        channel = connection.default_channel

        reply = channel._popped([b"1.reply.celery.pidbox", b"pong"])

    assert reply == (b"1.reply.celery.pidbox", b"pong")
    assert broker.llen(QUARANTINE) == 0
