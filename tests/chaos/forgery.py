"""Messages as the relay sends them, and as it never would."""

import base64
import json
import pickle
from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import uuid4

Ticket = tuple[int, int]
"""A delivery's id and a token."""

TASKS = "SELECT s.name, q.name FROM bus_subscription s JOIN bus_queue q ON q.id = s.queue_id"
"""All that messages may name, with their queues."""
ONE_TASK_OF_EACH_QUEUE = (
    "SELECT min(s.name), q.name FROM bus_subscription s JOIN bus_queue q ON q.id = s.queue_id "
    "GROUP BY q.name"
)


def message(task: str, tickets: Sequence[Ticket], queue: str) -> dict[str, Any]:
    """A good one, before it is written as JSON."""
    return {
        "body": body([list(tickets)]),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"id": str(uuid4()), "task": task, "lang": "py", "retries": 0, "eta": None},
        "properties": {
            "delivery_tag": str(uuid4()),
            "delivery_info": {"exchange": "", "routing_key": queue},
            "body_encoding": "base64",
            "priority": 0,
        },
    }


def written(content: Any) -> bytes:
    """As it lies in Redis."""
    return json.dumps(content).encode()


def body(arguments: Any, named: Any = None) -> str:
    """The arguments of a task as they travel."""
    plain = json.dumps([arguments, named or {}, {"callbacks": None, "errbacks": None}])
    return base64.b64encode(plain.encode()).decode()


def tickets_of(item: bytes) -> list[Ticket]:
    """What a message in a queue is about; nothing if it is none of the relay's."""
    try:
        arguments, *_ = json.loads(base64.b64decode(json.loads(item)["body"]))
        return [(int(pk), int(token)) for pk, token in arguments[0]]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return []


def malformed(task: str, queue: str) -> dict[str, bytes]:
    """Every way to get a message wrong, by its name."""
    good = message(task, [(1, 1)], queue)
    headers = good["headers"]
    wrong: dict[str, Any] = {
        "a list": [],
        "a number": 7,
        "nothing in it": {},
        "body not base64": good | {"body": "%%%"},
        "body no text": good | {"body": 7},
        "body of the wrong shape": good | {"body": body({"tickets": [[1, 1]]})},
        "body of bytes": good | {"body": base64.b64encode(b"\xff\x00").decode()},
        "tickets of text": good | {"body": body([[["one", "two"]]])},
        "a ticket of three": good | {"body": body([[[1, 2, 3]]])},
        "a huge id": good | {"body": body([[[10**30, 1]]])},
        "a hundred thousand tickets": good | {"body": body([[[1, 1]] * 100_000])},
        "named arguments": good | {"body": body([[[1, 1]]], {"tickets": []})},
        "no id": good | {"headers": {name: headers[name] for name in headers if name != "id"}},
        "id of a list": good | {"headers": headers | {"id": []}},
        "no headers": {name: good[name] for name in good if name != "headers"},
        "no properties": good | {"properties": {}},
        "unknown task": good | {"headers": headers | {"task": "os.system"}},
        "a task of Celery": good | {"headers": headers | {"task": "celery.backend_cleanup"}},
        "an ETA": good | {"headers": headers | {"eta": "2999-01-01T00:00:00"}},
        "expired": good | {"headers": headers | {"expires": "1999-01-01T00:00:00"}},
        "a time limit of zero": good | {"headers": headers | {"timelimit": [0, 0]}},
        "compressed": good | {"headers": headers | {"compression": "application/x-gzip"}},
        "another encoding": good | {"content-encoding": "utf-16"},
        "pickle": good
        | {
            "content-type": "application/x-python-serialize",
            "content-encoding": "binary",
            "body": base64.b64encode(pickle.dumps([[[1, 1]], {}, {}])).decode(),
        },
    }
    return {name: written(content) for name, content in wrong.items()} | {
        "not JSON": b"{",
        "empty": b"",
        "not UTF-8": b"\xff\xfe\x00",
        "a pickle and nothing else": pickle.dumps(good),
        "nested deeply": b"[" * 100_000,
        "nested deeply, and closed": b"[" * 50_000 + b"]" * 50_000,
        "a long number": b'{"body": ' + b"9" * 10_000 + b"}",
    }


def fuzzed(task: str, tickets: Sequence[Ticket], queue: str, chance: Random) -> bytes:
    """A good message of which some bytes were changed, lost or doubled; its body's or its own."""
    good = message(task, tickets, queue)
    if chance.random() < 0.5:
        plain = _with_noise(base64.b64decode(good["body"]), chance)
        return written(good | {"body": base64.b64encode(plain).decode()})
    return _with_noise(written(good), chance)


def _with_noise(content: bytes, chance: Random) -> bytes:
    noisy = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(noisy))
        what = chance.randrange(4)
        if what == 0:
            noisy[at] = chance.randrange(256)
        elif what == 1:
            noisy[at] ^= 1 << chance.randrange(8)
        elif what == 2:
            del noisy[at]
        else:
            noisy[at:at] = noisy[at : at + chance.randint(1, 40)]
    return bytes(noisy)
