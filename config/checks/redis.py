"""The broker: a Redis of the operator's own, or one that the shop can start."""

from typing import Any

import redis
from django.conf import settings

from config.checks.check import Check
from config.supervisor.redis import NO_SERVER, find_server

WHY = "messages to the workers go through it"
OLDEST = (6, 2)
REDIS = ("redis://", "rediss://", "unix://", "sentinel://")
OTHER = "Set REDIS_URL to one of another kind, or leave it empty and the shop starts its own."


def check_redis() -> Check:
    """Only servers that Celery can use and that keep every message."""
    if settings.REDIS_EMBEDDED:
        binary = find_server()
        if binary is None:
            return Check("Redis", "none found", WHY, NO_SERVER)
        return Check("Redis", f"the shop starts {binary}", WHY)
    name = "REDIS_URL" if settings.BROKER_URL == settings.REDIS_URL else "BROKER_URL"
    if settings.BROKER_URL.startswith(REDIS):
        return _check_server(name, settings.BROKER_URL)
    if name == "REDIS_URL" or "://" not in settings.BROKER_URL:
        fix = f"Write {name} like redis://:password@host:6379/0, or leave it empty."
        return Check(name, "is not the address of a Redis", WHY, fix)
    return Check("Broker", "set by BROKER_URL, not a Redis", WHY)


def _check_server(setting: str, url: str) -> Check:
    if url.startswith("sentinel://"):
        return Check(setting, "Redis behind Sentinel", WHY)
    try:
        info = _ask(url)
    except (redis.RedisError, OSError, ValueError) as error:
        fix = f"Start it, or set {setting} to one that answers, or leave it empty."
        return Check(setting, f"Redis cannot be used ({error})", WHY, fix)
    version = str(info.get("redis_version", "0"))
    if info.get("redis_mode") == "cluster" or info.get("cluster_enabled"):
        return Check(setting, "is a Redis Cluster, which Celery cannot use", WHY, OTHER)
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        return Check(setting, f"is version {version}", WHY, "Use Redis 6.2 or newer, or Valkey.")
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        fix = f"Set its maxmemory-policy to noeviction, or set {setting} to another server."
        return Check(setting, f"evicts messages when it is full ({policy})", WHY, fix)
    return Check(setting, f"Redis {version} answers", WHY)


def _ask(url: str) -> dict[str, Any]:
    client = redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
    try:
        return dict(client.info())
    finally:
        client.close()
