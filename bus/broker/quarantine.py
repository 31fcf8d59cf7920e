"""The quarantine: malformed messages that were taken out of the queues, kept in the broker.

In Redis it is a list, elsewhere a queue; those of one's own server have room for the newest.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import redis
from amqp.exceptions import AMQPError
from celery import current_app
from kombu.exceptions import KombuError

from bus import conf, measurements
from bus.broker import server
from bus.broker.address import configured
from bus.broker.keys import key
from bus.broker.message import Malformed
from bus.measurements import Figure

log = logging.getLogger(__name__)

QUARANTINE = "bus:quarantine"
MOST_KEPT = 1000
KEPT_OF_EACH = 16 * 1024
"""Bytes; the quarantine must not fill a broker that other clients write to."""

MOST_SHOWN = 50
SHOWN_OF_EACH = 400

UNACKED = "unacked"
"""Where messages in Redis are that a worker has and has not acknowledged, whatever their queue."""


class BrokerAway(RuntimeError):
    """The broker does not answer, or refuses; the message says which."""


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


class Store(Protocol):
    """Where a broker keeps it; the channels of those that are no Redis open theirs."""

    def items(self) -> list[bytes]:
        """The messages, the newest first."""
        ...

    def remove(self, items: list[bytes]) -> None:
        """Remove some of what `items` has returned."""
        ...


def report(where: str, error: Malformed) -> None:
    """Log and count a message that goes to the quarantine; `where` is its queue, or UNACKED."""
    log.error("a message in %s went to %s: %s", where, QUARANTINE, error)
    measurements.report((Figure.QUARANTINED, 1, (where,)))


def read() -> Quarantine:
    """The quarantine's content.

    Raises:
        BrokerAway: it cannot be read.
    """
    with _store() as store:
        items = store.items()
    return Quarantine(len(items), sum(map(len, items)), [_shown(one) for one in items[:MOST_SHOWN]])


def drop(marks: set[str] | None = None) -> int:
    """Drop the messages with these marks, or all; returns how many.

    One that comes in meanwhile stays.

    Raises:
        BrokerAway: nothing is known to have been dropped.
    """
    with _store() as store:
        items = [one for one in store.items() if marks is None or _mark(one) in marks]
        store.remove(items)
    return len(items)


class RedisList:
    """See `Store`."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def items(self) -> list[bytes]:
        return server.messages(self._client, key(QUARANTINE))[:MOST_KEPT]

    def remove(self, items: list[bytes]) -> None:
        server.remove(self._client, key(QUARANTINE), items)


@contextmanager
def _store() -> Iterator[Store]:
    """The store, whose trouble is a `BrokerAway`."""
    if not conf.has_broker():
        name = conf.name("BUS_REDIS_URL")
        raise BrokerAway(f"There is no broker: none is set in {name}.")
    address = configured()
    try:
        if server.is_redis():
            with server.hasty_client() as client:
                yield RedisList(client)
        else:
            options = address.sender_options()
            with (
                current_app.connection_for_read(
                    connect_timeout=1, transport_options=options
                ) as wire,
                wire.default_channel.quarantined() as store,
            ):
                yield store
    except (redis.RedisError, AMQPError, KombuError, OSError) as error:
        raise BrokerAway(f"{address.kind} does not answer ({type(error).__name__}).") from error


def _mark(item: bytes) -> str:
    return sha256(item).hexdigest()[:16]


def _shown(item: bytes) -> Quarantined:
    return Quarantined(_mark(item), len(item), item[:SHOWN_OF_EACH].decode(errors="replace"))
