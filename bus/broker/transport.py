"""A Redis transport that checks each message before kombu reads it.

Stock kombu loops, or ends the worker and loses the message, with several kinds of malformed ones.
Here they go to a quarantine list instead. The worker's consumer inspects what a message says.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

import msgspec
import redis
from kombu.transport.redis import Channel as RedisChannel
from kombu.transport.redis import QoS as RedisQoS
from kombu.transport.redis import SentinelChannel as RedisSentinelChannel
from kombu.transport.redis import SentinelTransport as RedisSentinelTransport
from kombu.transport.redis import Transport as RedisTransport
from kombu.transport.virtual import QoS as VirtualQoS

from bus import handlers
from bus.broker import keys
from bus.broker.envelope import rewrite
from bus.broker.message import Malformed
from bus.broker.quarantine import KEPT_OF_EACH, MOST_KEPT, QUARANTINE, UNACKED, report

log = logging.getLogger(__name__)

ENTRY = msgspec.json.Decoder(tuple[msgspec.Raw, str, str])
"""Kombu's entry of an unacknowledged message: the message, its exchange, its queue."""

BROADCASTS = ("celery.pidbox", "reply.celery.pidbox", "celeryev")


def _task_queues() -> set[str]:
    """The queues of tasks; the messages of other queues, between workers, have other shapes."""
    return {handler.queue.name for handler in handlers.declared()}


class QoS(RedisQoS):
    """The unacknowledged messages of this worker."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Record a popped message in Redis; without the record if Redis refuses it.

        A message that is lost without it is rescued after its lease. Redis refuses it mostly when
        its memory is full, and handling messages frees memory.
        """
        try:
            super().append(message, delivery_tag)  # type: ignore[no-untyped-call]  # untyped base
        except redis.ResponseError:
            VirtualQoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message, locally also if Redis does not answer.

        A duplicate is fenced by its token. Without this the message would keep its place of the
        prefetch limit for ever, and a worker without a free place pops nothing more.
        """
        with self._letting_go(delivery_tag):
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]  # untyped base

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """See `ack`."""
        with self._letting_go(delivery_tag):
            super().reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]  # untyped base

    @contextmanager
    def _letting_go(self, delivery_tag: str) -> Iterator[None]:
        try:
            yield
        except Exception:
            VirtualQoS.ack(self, delivery_tag)
            raise

    def restore_by_tag(self, tag: Any, client: Any = None, leftmost: bool = False) -> None:
        """Requeue a message; a malformed one goes to quarantine.

        Otherwise it would block all that come after it, and end workers that start.
        """
        with self.channel.conn_or_acquire(client) as client:
            entry = client.hget(self.unacked_key, tag)
            try:
                if entry is not None:
                    _require_restorable(entry)
            except Malformed as error:
                self._remove_from_indices(tag).execute()  # type: ignore[no-untyped-call]  # untyped base
                self.channel.quarantine(UNACKED, entry, error)
                return
            super().restore_by_tag(tag, client, leftmost)  # type: ignore[no-untyped-call]  # untyped base


def _require_restorable(entry: bytes) -> None:
    try:
        message, _exchange, queue = ENTRY.decode(entry)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error
    if queue not in _task_queues():
        raise Malformed("its queue is none of the bus")
    rewrite(bytes(message), queue)


class Channel(RedisChannel):
    """Passes on what `rewrite` accepts."""

    QoS = QoS
    unacked_key = UNACKED
    _kept: redis.Redis | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        # Before kombu makes its clients, which prefix the keys of all commands that kombu uses. Of
        # ours LPUSH is among them; TYPE, RENAME and LTRIM are not.
        self.global_keyprefix = keys.prefix()
        super().__init__(*args, **options)  # type: ignore[no-untyped-call]  # untyped base
        self._put_aside_other_types()

    def _put_aside_other_types(self) -> None:
        """Rename keys of the bus that have another type; each command on them would fail.

        An error of Redis ends the connection, and the next connection begins here.
        """
        wanted = dict.fromkeys((*_task_queues(), QUARANTINE), b"list")
        wanted |= {self.unacked_key: b"hash", self.unacked_index_key: b"zset"}
        for prefix in (self.keyprefix_queue, self.keyprefix_binding_permanent):
            wanted |= dict.fromkeys((prefix % name for name in BROADCASTS), b"set")
        with self.conn_or_acquire() as client:
            pipe = client.pipeline(transaction=False)
            for key in wanted:
                pipe.type(keys.key(key))
            for key, found in zip(wanted, pipe.execute(), strict=True):
                if found not in (b"none", wanted[key]):
                    log.error("%s is no %s: it is %s:%s now", key, wanted[key], QUARANTINE, key)
                    client.rename(keys.key(key), keys.key(f"{QUARANTINE}:{key}"))

    def _connparams(self, asynchronous: bool = False) -> Any:
        """The parameters of the connection.

        A worker drops a lost connection and acknowledges its messages afterwards: it ignores a
        connection error then, and any other error would end it.
        """
        if self.connection is None or self.connection.client is None:
            raise redis.ConnectionError("The connection was dropped.")
        kombu: Any = super()
        return kombu._connparams(asynchronous=asynchronous)

    def _create_client(self, asynchronous: bool = False) -> redis.Redis:
        # kombu creates a client for each command, though their connections are kept in a pool.
        kept = self._kept
        if kept is not None and not asynchronous and kept.connection_pool is self._pool:
            return kept
        kombu: Any = super()
        client: redis.Redis = kombu._create_client(asynchronous=asynchronous)
        client.set_response_callback("BRPOP", self._popped)
        if not asynchronous:
            self._kept = client
        return client

    def _popped(self, reply: list[bytes] | None, **_options: Any) -> tuple[bytes, bytes] | None:
        if not reply:
            return None
        key, item = reply
        queue = key.decode().removeprefix(self.global_keyprefix).split(self.sep)[0]
        if queue not in _task_queues():
            return key, item
        try:
            return key, rewrite(item, queue)
        except Malformed as error:
            self.quarantine(queue, item, error)
            return None

    def quarantine(self, where: str, item: bytes, error: Malformed) -> None:
        """Store a refused message in the quarantine, if Redis has room for it."""
        report(where, error)
        with self.conn_or_acquire() as client:
            pipe = client.pipeline()
            pipe.lpush(QUARANTINE, item[:KEPT_OF_EACH])
            pipe.ltrim(keys.key(QUARANTINE), 0, MOST_KEPT - 1)
            try:
                pipe.execute()
            except redis.ResponseError as refusal:
                log.error("%s could not be written: %s", QUARANTINE, refusal)

    def _receive_one(self, client: Any) -> Any:
        """Receive a broadcast: a request to all workers, or a heartbeat of one.

        Nothing of the bus depends on these, so one that cannot be read is skipped.
        """
        try:
            kombu: Any = super()
            return kombu._receive_one(client)
        except (Empty, redis.RedisError, OSError):
            raise
        except Exception as error:
            log.error("a broadcast was skipped: %s", type(error).__name__)
            return None


class Transport(RedisTransport):
    """Redis, guarded."""

    Channel = Channel


class SentinelChannel(Channel, RedisSentinelChannel):
    """The same, on the server that the Sentinels call the master."""


class SentinelTransport(RedisSentinelTransport):
    """A Redis behind Sentinels, guarded."""

    Channel = SentinelChannel
