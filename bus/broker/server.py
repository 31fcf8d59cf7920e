"""What the bus must know of Redis: that it keeps what it accepts, and which life it is in."""

from collections.abc import Iterable

import redis

from bus import conf
from bus.broker.address import RedisAddress

EPOCH_KEY = "bus:epoch"
SOCKET_TIMEOUT = 2
"""Seconds; a relay that waits longer for a silent Redis does not route meanwhile."""


MOST_READ = 10_000
"""Messages of one queue that are read at a time. The windows keep queues far shorter."""


class UnsuitableBroker(RuntimeError):
    """The broker would lose messages in silence; the message says which setting to change."""


def client(*, decode: bool = True) -> redis.Redis:
    """A connection to the broker for the epoch, the checks and the queues."""
    return redis.Redis(
        **RedisAddress.read(conf.redis_url()).client_options(),
        socket_timeout=SOCKET_TIMEOUT,
        socket_connect_timeout=SOCKET_TIMEOUT,
        decode_responses=decode,
    )


def messages(server: redis.Redis, queue: str) -> list[bytes]:
    """What lies in a queue and no worker has taken; the first `MOST_READ` that would be taken.

    `server` must not decode. Raises redis.RedisError: Redis does not answer.
    """
    if server.type(queue) != b"list":  # the transport puts a key of another type aside
        return []
    return [item for item in server.lrange(queue, -MOST_READ, -1) if isinstance(item, bytes)]


def remove(server: redis.Redis, queue: str, items: Iterable[bytes]) -> None:
    """Take messages out of a queue, unless a worker was quicker."""
    with server.pipeline(transaction=False) as pipe:
        for item in items:
            pipe.lrem(queue, -1, item)  # type: ignore[arg-type]  # bytes do as well
        pipe.execute()


def check() -> None:
    """Refuse a Redis that evicts keys when its memory is full, or that is a cluster.

    Reads INFO, since managed servers forbid CONFIG. A Redis that does not answer is no reason to
    refuse: it may come later.

    Raises:
        UnsuitableBroker: with the setting to change.
    """
    setting = conf.name("BUS_REDIS_URL")
    if not conf.redis_url():
        raise UnsuitableBroker(
            f"No broker is set. Set {setting}, for example redis://localhost:6379/0."
        )
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
