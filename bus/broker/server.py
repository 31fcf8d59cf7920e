"""The connection to Redis, the check that it keeps what it accepts, and its queues."""

from collections.abc import Iterable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bus import conf
from bus.broker.address import configured
from bus.broker.redis_address import RedisAddress

EPOCH_KEY = "bus:epoch"
SOCKET_TIMEOUT = 2
"""Seconds; while a relay waits for a silent Redis it fans out nothing."""


MOST_READ = 10_000
"""Messages of one queue that are read at a time. The windows keep queues far shorter."""


class UnsuitableBroker(RuntimeError):
    """The broker would lose messages without an error; the message says which setting to change."""


def is_redis() -> bool:
    """Whether the broker is a Redis, which has an epoch and whose queues can be read."""
    return isinstance(configured(), RedisAddress)


def client(*, decode: bool = True) -> redis.Redis:
    """A connection to the broker for the epoch, the checks and the queues.

    A connection that the server has closed is opened anew once. A server that is silent is asked
    once: `SOCKET_TIMEOUT` seconds, then redis.TimeoutError.
    """
    reopen = Retry(NoBackoff(), 1, (redis.ConnectionError,))
    return _client(SOCKET_TIMEOUT, retry=reopen, decode_responses=decode)


def hasty_client() -> redis.Redis:
    """For loops and pages that must not stand still: one try, of a second."""
    return _client(1, retry=Retry(NoBackoff(), 0))


def _client(timeout: float, **options: Any) -> redis.Redis:
    address = configured()
    if not isinstance(address, RedisAddress):
        raise TypeError(f"The broker is a {address.kind}.")
    return address.client(socket_timeout=timeout, socket_connect_timeout=timeout, **options)


def messages(server: redis.Redis, queue: str) -> list[bytes]:
    """The messages in a queue that no worker has popped; the first `MOST_READ` in popping order.

    `server` must not decode. Raises redis.RedisError: Redis does not answer.
    """
    if server.type(queue) != b"list":  # the transport renames a key of another type
        return []
    return [item for item in server.lrange(queue, -MOST_READ, -1) if isinstance(item, bytes)]


def remove(server: redis.Redis, queue: str, items: Iterable[bytes]) -> None:
    """Remove messages from a queue; one that a worker has popped meanwhile is skipped."""
    with server.pipeline(transaction=False) as pipe:
        for item in items:
            pipe.lrem(queue, -1, item)  # type: ignore[arg-type]  # bytes do as well
        pipe.execute()


def check() -> None:
    """Refuse a Redis that evicts keys when its memory is full, or that is a cluster.

    Reads INFO, since managed servers forbid CONFIG. A Redis that does not answer is no reason to
    refuse: it may come later. No other broker has a setting by which it would lose queues.

    Raises:
        UnsuitableBroker: with the setting to change.
    """
    setting = conf.name("BUS_REDIS_URL")
    if not conf.has_broker():
        raise UnsuitableBroker(
            f"No broker is set. Set {setting}, for example redis://localhost:6379/0, or run "
            "manage.py work, which needs none."
        )
    if not is_redis():
        return
    try:
        with client() as server:
            memory, cluster = server.info("memory"), server.info("cluster")
    except redis.RedisError:
        return
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise UnsuitableBroker(
            f"Redis evicts keys when its memory is full (maxmemory-policy {policy}) and would "
            f"lose messages in silence. Set maxmemory-policy noeviction, or another {setting}."
        )
    if cluster.get("cluster_enabled"):
        raise UnsuitableBroker(
            f"{setting} is a Redis Cluster, which cannot carry Celery's queues. Set it to a server "
            "that is not in cluster mode."
        )
