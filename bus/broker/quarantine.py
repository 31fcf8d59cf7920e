"""The quarantine: malformed messages that the transport took out of the queues."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

import redis

from bus import conf
from bus.broker import server
from bus.broker.keys import key

QUARANTINE = "bus:quarantine"
MOST_KEPT = 1000
KEPT_OF_EACH = 16 * 1024
"""Bytes; the quarantine must not fill a Redis that other clients write to."""

MOST_SHOWN = 50
SHOWN_OF_EACH = 400


class BrokerAway(RuntimeError):
    """Redis does not answer, or refuses; the message says which."""


@dataclass(frozen=True)
class Quarantined:
    """One message: its size in bytes, its beginning as text, and a mark by which it is dropped."""

    mark: str
    size: int
    text: str


@dataclass(frozen=True)
class Quarantine:
    """All of it: how many messages and bytes, and the newest messages."""

    count: int
    size: int
    messages: list[Quarantined]


def read() -> Quarantine:
    """The quarantine's content.

    Raises:
        BrokerAway: it cannot be read.
    """
    with _client() as client:
        items = _items(client)
    return Quarantine(len(items), sum(map(len, items)), [_shown(one) for one in items[:MOST_SHOWN]])


def drop(marks: set[str] | None = None) -> int:
    """Drop the messages with these marks, or all; returns how many.

    One that comes in meanwhile stays.

    Raises:
        BrokerAway: nothing is known to have been dropped.
    """
    with _client() as client:
        items = [one for one in _items(client) if marks is None or _mark(one) in marks]
        server.remove(client, key(QUARANTINE), items)
    return len(items)


@contextmanager
def _client() -> Iterator[redis.Redis]:
    """A connection whose trouble is a `BrokerAway`."""
    if not conf.redis_url():
        raise BrokerAway(f"No broker is set: {conf.name('BUS_REDIS_URL')} is empty.")
    try:
        with server.hasty_client() as client:
            yield client
    except redis.RedisError as error:
        raise BrokerAway(f"Redis does not answer ({type(error).__name__}).") from error


def _items(client: redis.Redis) -> list[bytes]:
    return server.messages(client, key(QUARANTINE))[:MOST_KEPT]


def _mark(item: bytes) -> str:
    return sha256(item).hexdigest()[:16]


def _shown(item: bytes) -> Quarantined:
    return Quarantined(_mark(item), len(item), item[:SHOWN_OF_EACH].decode(errors="replace"))
