"""What the bus must know of Redis: that it keeps what it accepts, and which life it is in."""

from urllib.parse import urlsplit

import redis
from django.conf import settings

EPOCH_KEY = "bus:epoch"
SOCKET_TIMEOUT = 2
"""Seconds; a relay that waits longer for a silent Redis does not route meanwhile."""


class UnsuitableBroker(RuntimeError):
    """The broker would lose messages in silence; the message says which setting to change."""


def is_redis() -> bool:
    return urlsplit(settings.BROKER_URL).scheme in ("redis", "rediss", "unix")


def client() -> redis.Redis:
    """A connection to the broker for the epoch and the checks."""
    return redis.Redis.from_url(
        settings.BROKER_URL,
        socket_timeout=SOCKET_TIMEOUT,
        socket_connect_timeout=SOCKET_TIMEOUT,
        decode_responses=True,
    )


def check() -> None:
    """Refuse a Redis that evicts keys when its memory is full, or that is a cluster.

    Reads INFO, since managed servers forbid CONFIG. A Redis that does not answer is no reason to
    refuse: it may come later.

    Raises:
        UnsuitableBroker: with the setting to change.
    """
    if not settings.BROKER_URL:
        raise UnsuitableBroker(
            "No broker is set. Set REDIS_URL (or BROKER_URL), for example redis://localhost:6379/0."
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
            "lose messages in silence. Set maxmemory-policy noeviction, or another REDIS_URL."
        )
    if cluster.get("cluster_enabled"):
        raise UnsuitableBroker(
            "REDIS_URL is a Redis Cluster, which cannot carry Celery's queues. Set REDIS_URL to "
            "a server that is not in cluster mode."
        )
