"""A message that kombu could not read out of Redis is refused; the rest is written anew."""

import json
from typing import Any

import pytest

from bus.broker.envelope import rewrite
from bus.broker.message import Malformed
from bus.tests.messages import TASK, body_of, encoded, message


def without(name: str, within: str = "headers") -> dict[str, Any]:
    found = message()
    del found[within][name]
    return found


UNREADABLE: dict[str, Any] = {
    "not JSON": b"{",
    "empty": b"",
    "a list": [],
    "a number": 7,
    "not UTF-8": b'{"body": "\xff"}',
    "deeply nested": b"[" * 100_000,
    "deeply nested within": json.dumps(message()).replace('"1"', "[" * 5000 + "]" * 5000).encode(),
    "too large": message(odd="x" * 300_000),
    "no headers": {"body": "", "properties": {}},
    "no id": without("id"),
    "an id of 5,000 digits": json.dumps(message()).encode().replace(b'"1"', b"1" * 5000),
    "no task": without("task"),
    "no delivery tag": without("delivery_tag", "properties"),
    "no delivery info": without("delivery_info", "properties"),
    "a body that is not base64": message() | {"body": "%%%"},
    "a body that is not text": message() | {"body": 7},
    "a body that is said to be plain": message(properties={"body_encoding": "utf-8"}),
    "compression": message(headers={"compression": "application/x-bz2"}),
    "stamps": message(headers={"stamps": {"a": [1]}}),
    "a time limit that is no number": encoded(message(headers={"timelimit": [float("nan"), 1]})),
    "a time limit without end": encoded(message(headers={"timelimit": [float("inf"), 1]})),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable_message_is_refused(kind: str) -> None:
    with pytest.raises(Malformed):
        rewrite(encoded(UNREADABLE[kind]), "desk")


def test_readable_message_keeps_what_it_says() -> None:
    rewritten = rewrite(encoded(message()), "desk")

    assert body_of(rewritten) == body_of(message())
    assert json.loads(rewritten)["headers"]["task"] == TASK
    assert body_of(rewrite(rewritten, "desk")) == body_of(message())  # the broker may restore it


@pytest.mark.parametrize("odd", ["1" * 5000, "[" * 900 + "]" * 900, "1e99999"])
def test_unread_headers_do_not_reach_kombu(odd: str) -> None:
    item = encoded(message()).replace(b'"lang"', f'"odd": {odd}, "lang"'.encode())

    assert json.loads(rewrite(item, "desk"))["headers"].keys() & {"odd", "lang"} == {"lang"}


def test_copies_of_a_message_are_acknowledged_separately() -> None:
    item = encoded(message())

    tags = {json.loads(rewrite(item, "desk"))["properties"]["delivery_tag"] for _ in range(2)}

    assert len(tags) == 2


def test_message_is_requeued_to_the_queue_it_came_from() -> None:
    info = {"exchange": "celeryev", "routing_key": "elsewhere"}

    rewritten = json.loads(rewrite(encoded(message(properties={"delivery_info": info})), "desk"))

    assert rewritten["properties"]["delivery_info"] == {"exchange": "", "routing_key": "desk"}


def test_refusal_does_not_quote_the_message() -> None:
    with pytest.raises(Malformed) as refusal:
        rewrite(encoded(message(headers={"id": "Grace Hopper", "origin": "Grace Hopper"})), "desk")

    assert "Grace" not in str(refusal.value)
