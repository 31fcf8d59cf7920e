"""A message has the shape that the relay gave it, or it is refused."""

import base64
import json
import pickle
from typing import Any

import pytest

from bus.broker.envelope import RELEASE, Malformed, inspect
from bus.tests.messages import (
    EMBED,
    SWEEP,
    TASK,
    TICKETS,
    body_of,
    encoded,
    message,
    task,  # noqa: F401 -- a fixture
)


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
    "too large": message(odd="x" * 300_000),
    "no headers": {"body": "", "properties": {}},
    "no id": without("id"),
    "an id that is none": message(headers={"id": None}),
    "an empty id": message(headers={"id": ""}),
    "a long id": message(headers={"id": "1" * 65}),
    "an id that writes a line of its own into a log": message(headers={"id": "1\nERROR"}),
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
    "more deliveries than a batch can have": message(body=[[[[1, 1]] * 501], {}, EMBED]),
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
    "a time limit that is no number": encoded(message(headers={"timelimit": [float("nan"), 1]})),
    "a time limit without end": encoded(message(headers={"timelimit": [float("inf"), 1]})),
    "negative retries": message(headers={"retries": -1}),
    "a task that nobody has": message([[], {}, EMBED], headers={"task": "os.system"}),
    "a task of Celery's own": message([[], {}, EMBED], headers={"task": "celery.backend_cleanup"}),
    "beat's task with arguments": message(headers={"task": SWEEP}),
}

GOOD: dict[str, dict[str, Any]] = {
    "a batch": message(),
    "with all that Celery adds": message(
        headers={"retries": 3, "timelimit": [60, 45], "ignore_result": True, "argsrepr": "()"}
    ),
    "beat's": message([[], {}, EMBED], headers={"task": SWEEP}),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_message_is_refused(kind: str) -> None:
    with pytest.raises(Malformed):
        inspect(encoded(MALFORMED[kind]), "desk")


@pytest.mark.parametrize("kind", GOOD)
def test_well_formed_message_passes(kind: str) -> None:
    good = GOOD[kind]

    passed = inspect(encoded(good), "desk")

    assert body_of(passed) == body_of(good)
    sent = {name: value for name, value in good["headers"].items() if name != "timelimit"}
    assert json.loads(passed)["headers"].items() >= sent.items()


def test_message_for_unknown_handler_is_released() -> None:
    sent = message(headers={"task": "loyalty.tasks.grant_points"})

    passed = inspect(encoded(sent), "desk")

    assert json.loads(passed)["headers"]["task"] == RELEASE
    assert body_of(passed) == body_of(sent)
    assert body_of(inspect(passed, "desk")) == body_of(sent)  # the broker may restore it


@pytest.mark.parametrize("odd", ["1" * 5000, "[" * 900 + "]" * 900, "1e99999"])
def test_unread_headers_do_not_reach_the_worker(odd: str) -> None:
    item = encoded(message()).replace(b'"lang"', f'"odd": {odd}, "lang"'.encode())

    passed = inspect(item, "desk")

    assert json.loads(passed)["headers"].keys() & {"odd", "lang"} == {"lang"}


@pytest.mark.parametrize(
    "odd", [{"id": "another"}, {"hostname": 7}, {"x": {"__type__": "datetime", "__value__": "no"}}]
)
def test_canvas_options_do_not_reach_the_task(odd: dict[str, Any]) -> None:
    # Celery takes it into the request of the task, and kombu makes objects of some of it.
    passed = inspect(encoded(message([[TICKETS], {}, EMBED | odd])), "desk")

    assert body_of(passed) == [[TICKETS], {}, EMBED]


def test_copies_of_a_message_are_acknowledged_separately() -> None:
    item = encoded(message())

    tags = {json.loads(inspect(item, "desk"))["properties"]["delivery_tag"] for _ in range(2)}

    assert len(tags) == 2


def test_message_is_requeued_to_the_queue_it_came_from() -> None:
    info = {"exchange": "celeryev", "routing_key": "elsewhere"}

    passed = json.loads(inspect(encoded(message(properties={"delivery_info": info})), "desk"))

    assert passed["properties"]["delivery_info"] == {"exchange": "", "routing_key": "desk"}


def test_message_cannot_set_time_limits() -> None:
    passed = json.loads(inspect(encoded(message(headers={"timelimit": [80_000, 1]})), "desk"))

    assert passed["headers"]["timelimit"] == [None, None]


def test_refusal_does_not_quote_the_message() -> None:
    with pytest.raises(Malformed) as refusal:
        inspect(encoded(message(headers={"id": "Grace Hopper", "origin": "Grace Hopper"})), "desk")

    assert "Grace" not in str(refusal.value)
