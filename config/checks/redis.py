"""The broker: a Redis of the operator's own, or one that the shop can start."""

from typing import Any

import redis
from django.conf import settings

from bus.address import BadAddress, RedisAddress
from config.checks.check import Check
from config.supervisor.redis import NO_SERVER, find_server

WHY = "messages to the workers go through it"
OLDEST = (6, 2)


def check_redis() -> Check:
    """Only servers that Celery can use and that keep every message."""
    if settings.REDIS_EMBEDDED:
        binary = find_server()
        if binary is None:
            return Check("Redis", "none found", WHY, NO_SERVER)
        return Check("Redis", f"the shop starts {binary}", WHY)
    name = settings.BROKER_SETTING
    other = f"Set {name} to one of another kind, or leave it empty and the shop starts its own."
    try:
        address = RedisAddress.read(settings.BROKER_URL)
        info = _ask(address)
    except BadAddress as error:
        return Check(name, str(error).rstrip("."), WHY, other)
    except (redis.RedisError, OSError, ValueError) as error:
        fix = f"Start it, or set {name} to one that answers, or leave it empty."
        return Check(name, f"Redis cannot be used ({error})", WHY, fix)
    version = str(info.get("redis_version", "0"))
    if info.get("redis_mode") == "cluster" or info.get("cluster_enabled"):
        return Check(name, "is a Redis Cluster, which Celery cannot use", WHY, other)
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        return Check(name, f"is version {version}", WHY, "Use Redis 6.2 or newer, or Valkey.")
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        fix = f"Set its maxmemory-policy to noeviction, or set {name} to another server."
        return Check(name, f"evicts messages when it is full ({policy})", WHY, fix)
    return Check(name, f"Redis {version} at {address} answers", WHY)


def _ask(address: RedisAddress) -> dict[str, Any]:
    client = redis.Redis(**address.client_options(), socket_timeout=3, socket_connect_timeout=3)
    try:
        return dict(client.info())
    finally:
        client.close()
