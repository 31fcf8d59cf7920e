"""A message says what the relay's messages say, or it is refused, whatever the broker."""

import json
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bus.broker.message import RELEASE, Malformed, inspect
from bus.tests.messages import (
    EMBED,
    SWEEP,
    TASK,
    TICKETS,
    encoded,
    message,
    passed,
    task,  # noqa: F401 -- a fixture
)

HEADERS = {"id": "1", "task": TASK, "lang": "py"}
BODY = [[TICKETS], {}, EMBED]

BODIES: dict[str, Any] = {
    "none": None,
    "a number": 7,
    "not UTF-8": b"\xff",
    "deeply nested": b"[" * 100_000,
    "too large": json.dumps([[TICKETS], {"odd": "x" * 300_000}, EMBED]),
    "pickled": pickle.dumps(TICKETS),
    "of another shape": {"args": [TICKETS]},
    "of two parts": [[TICKETS], {}],
    "without arguments": [[], {}, EMBED],
    "with two arguments": [[TICKETS, TICKETS], {}, EMBED],
    "with a named argument": [[], {"tickets": TICKETS}, EMBED],
    "with text for deliveries": [["rm -rf"], {}, EMBED],
    "with a ticket of three": [[[[1, 1, 1]]], {}, EMBED],
    "with an id beyond the database's": [[[[2**63, 1]]], {}, EMBED],
    "with an id of 5,000 digits": b'[[[["1", 1]]], {}, {}]'.replace(b'"1"', b"1" * 5000),
    "with an id below one": [[[[0, 1]]], {}, EMBED],
    "with an id that is true": [[[[True, 1]]], {}, EMBED],
    "with a token beyond the database's": [[[[1, 2**31]]], {}, EMBED],
    "with more deliveries than a batch can have": [[[[1, 1]] * 501], {}, EMBED],
    "with callbacks": [[TICKETS], {}, EMBED | {"callbacks": [{"task": TASK}]}],
    "with error callbacks": [[TICKETS], {}, EMBED | {"errbacks": [{"task": TASK}]}],
    "with a chain": [[TICKETS], {}, EMBED | {"chain": [{"task": TASK}]}],
    "with a chord": [[TICKETS], {}, EMBED | {"chord": {"task": TASK}}],
}
MORE_HEADERS: dict[str, dict[str, Any]] = {
    "an id that is none": {"id": None},
    "an empty id": {"id": ""},
    "a long id": {"id": "1" * 65},
    "an id that writes a line of its own into a log": {"id": "1\nERROR"},
    "a task of bytes": {"task": b"\xff"},
    "a task that is a list": {"task": [TASK]},
    "compression": {"compression": "application/x-bz2"},
    "a time far away": {"eta": "9999-12-31T23:59:59"},
    "a time": {"eta": datetime(2026, 1, 1, tzinfo=UTC)},
    "an end": {"expires": "2000-01-01T00:00:00"},
    "a group": {"group": "1"},
    "stamps": {"stamps": {"a": [1]}},
    "a time limit of text": {"timelimit": "soon"},
    "a time limit of one": {"timelimit": [1]},
    "a time limit that kills at once": {"timelimit": [0.001, None]},
    "negative retries": {"retries": -1},
    "retries of a decimal": {"retries": Decimal(1) / 3},
    "a task of Celery's own": {"task": "celery.backend_cleanup"},
    "beat's task with arguments": {"task": SWEEP},
}


def said(body: Any) -> Any:
    """The body as a broker has it; bytes, text and none stand for themselves."""
    return body if body is None or isinstance(body, str | bytes) else json.dumps(body).encode()


@pytest.mark.parametrize("kind", BODIES)
def test_malformed_body_is_refused(kind: str) -> None:
    body = BODIES[kind]
    with pytest.raises(Malformed):
        inspect(HEADERS, 7 if body == 7 else said(body), "application/json", "utf-8")


@pytest.mark.parametrize("kind", MORE_HEADERS)
def test_malformed_headers_are_refused(kind: str) -> None:
    with pytest.raises(Malformed):
        inspect(HEADERS | MORE_HEADERS[kind], said(BODY), "application/json", "utf-8")


@pytest.mark.parametrize("headers", [None, [], 7, {}, {"task": TASK}, {"id": "1"}])
def test_headers_that_are_none_are_refused(headers: Any) -> None:
    with pytest.raises(Malformed):
        inspect(headers, said(BODY), "application/json", "utf-8")


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("application/x-python-serialize", "binary"),
        ("application/json", "binary"),
        ("application/json", None),
        (None, None),
    ],
)
def test_other_encoding_is_refused(content_type: str | None, encoding: str | None) -> None:
    with pytest.raises(Malformed):
        inspect(HEADERS, said(BODY), content_type, encoding)


def test_task_that_nobody_has_is_refused_without_deliveries() -> None:
    with pytest.raises(Malformed):
        passed(encoded(message([[], {}, EMBED], headers={"task": "os.system"})))


GOOD: dict[str, dict[str, Any]] = {
    "a batch": message(),
    "with all that Celery adds": message(
        headers={"retries": 3, "timelimit": [60, 45], "ignore_result": True, "argsrepr": "()"}
    ),
    "beat's": message([[], {}, EMBED], headers={"task": SWEEP}),
}


@pytest.mark.parametrize("kind", GOOD)
def test_well_formed_message_passes(kind: str) -> None:
    good = GOOD[kind]

    headers, body = passed(encoded(good))

    assert body == [[] if kind == "beat's" else [TICKETS], {}, EMBED]
    sent = {name: value for name, value in good["headers"].items() if name != "timelimit"}
    assert headers.items() >= sent.items()


def test_message_for_unknown_handler_is_released() -> None:
    headers, body = passed(encoded(message(headers={"task": "loyalty.tasks.grant_points"})))

    assert (headers["task"], body) == (RELEASE, BODY)


@pytest.mark.parametrize(
    "odd", [{"id": "another"}, {"hostname": 7}, {"x": {"__type__": "datetime", "__value__": "no"}}]
)
def test_canvas_options_do_not_reach_the_task(odd: dict[str, Any]) -> None:
    # Celery takes it into the request of the task, and kombu makes objects of some of it.
    _headers, body = passed(encoded(message([[TICKETS], {}, EMBED | odd])))

    assert body == BODY


def test_message_cannot_set_time_limits() -> None:
    headers, _body = passed(encoded(message(headers={"timelimit": [80_000, 1]})))

    assert list(headers["timelimit"]) == [None, None]
