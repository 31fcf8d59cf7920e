"""Messages as they lie in Redis, good and bad ones, and the tasks that they name."""

import base64
import json
from typing import Any

import pytest
from celery import shared_task

from bus.broker.envelope import rewrite
from bus.broker.message import inspect
from bus.tests.conftest import Happened, Subscribed


def react_to_message(event: Happened) -> None: ...


def sweep() -> None:
    """What beat would start."""


SWEEP = "tests.sweep"
shared_task(sweep, name=SWEEP)

TASK = f"{__name__}.react_to_message"
TICKETS = [[1, 1], [2, 5]]
EMBED = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


@pytest.fixture(autouse=True)
def task(subscribed: Subscribed) -> str:
    """A handler that the messages are for."""
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


def encoded(item: Any) -> bytes:
    """As Redis holds it; bytes stand for themselves."""
    return item if isinstance(item, bytes) else json.dumps(item).encode()


def body_of(item: bytes | dict[str, Any]) -> Any:
    """What a worker would find in the message."""
    envelope = item if isinstance(item, dict) else json.loads(item)
    return json.loads(base64.b64decode(envelope["body"]))


def passed(item: bytes) -> tuple[dict[str, Any], Any]:
    """The headers and the body with which a message from Redis reaches its task.

    Raises:
        Malformed: it does not get so far.
    """
    envelope = json.loads(rewrite(item, "desk"))
    body = base64.b64decode(envelope["body"])
    kind = envelope["content-type"], envelope["content-encoding"]
    headers, body = inspect(envelope["headers"], body, *kind)
    return headers, json.loads(body)
