"""Damage to a good message: byte by byte, and field by field."""

import base64
import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from bus.tests.messages import body_of, encoded

RAW = [
    b"1e400",
    b"-1e-400",
    b"NaN",
    b"Infinity",
    b"1" * 5000,
    b"[" * 3000 + b"]" * 3000,
    b'{"a": 1, "a": {}}',
    b'"\\ud800"',
    b'"\xff"',
]
"""What Python's own encoder would not write; a text `raw N` stands for them until the end."""

ODD: list[Any] = [
    *(f"raw {number}" for number in range(len(RAW))),
    *(None, True, False, 0, 1, -1, 1.5, 2**31, 2**63, 2**64, 1e308, 10**400),
    *("", "x", "1", "\0", "\n", "é", "\U0001f4a9", "x" * 300, "x" * 300_000, "py", "utf-8"),
    *("2000-01-01T00:00:00", "9999-12-31T23:59:59+00:00", "application/x-python-serialize"),
    *([], {}, [[]], [None], [1, 2], [[1, 1]], [[[1, 1]]] * 3, {"a": {"b": []}}, [["1", "1"]]),
    *({"__type__": "datetime", "__value__": "x"}, {"__type__": "bytes", "__value__": 7}),
]

EXTRA = [
    *("eta", "expires", "stamps", "stamped_headers", "timelimit", "shadow", "group", "chord"),
    *("compression", "redelivered", "replaced_task_nesting", "retries", "ignore_result", "args"),
    *("reply_to", "correlation_id", "priority", "delivery_mode", "type", "body", "kwargs", "id"),
    *("origin", "root_id", "parent_id", "argsrepr", "callbacks", "errbacks", "chain", "utc", ""),
]


def damaged(random: Random, good: dict[str, Any]) -> bytes:
    """The message with one to some faults."""
    if random.random() < 0.4:
        return _bytewise(random, encoded(good))
    return _fieldwise(random, good)


def _bytewise(random: Random, item: bytes) -> bytes:
    for _ in range(random.choice((1, 1, 1, 2, 5, 20))):
        at, length = random.randrange(len(item) + 1), random.choice((1, 1, 2, 8, 50))
        head, middle, tail = item[:at], item[at : at + length], item[at + length :]
        noise = random.randbytes(length)
        item = random.choice(
            (
                head + noise + tail,
                head + noise + middle + tail,
                head + tail,
                head + middle + middle + tail,
                head,
            )
        )
    return item


def _fieldwise(random: Random, good: dict[str, Any]) -> bytes:
    item = json.loads(encoded(good)) | {"body": body_of(good)}
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        holder, key = random.choice(list(_fields(item)))
        odd = deepcopy(random.choice(ODD))
        fate = random.random()
        if fate < 0.15:
            del holder[key]
        elif fate < 0.5 and isinstance(holder, dict):
            holder[random.choice(EXTRA)] = odd
        elif fate < 0.6 and isinstance(holder, list):
            holder.insert(key, odd)
        else:
            holder[key] = odd
    if "body" in item and random.random() < 0.95:
        item["body"] = base64.b64encode(_dumped(item["body"])).decode()
    return _dumped(item)


def _fields(item: Any) -> Iterator[tuple[Any, Any]]:
    entries = item.items() if isinstance(item, dict) else enumerate(item)
    for key, value in list(entries):
        yield item, key
        if isinstance(value, (dict, list)):
            yield from _fields(value)


def _dumped(item: Any) -> bytes:
    text = json.dumps(item).encode()
    for number, raw in enumerate(RAW):
        text = text.replace(f'"raw {number}"'.encode(), raw)
    return text
