"""What `up` needs before it starts anything; `doctor` shows the same checks."""

from collections.abc import Iterator
from typing import Any

import redis
from django.conf import settings

from bus.broker.address import BadAddress, RedisAddress
from config.checks import database_checks, settings_checks
from config.checks.check import Check
from config.checks.crashpoints import check_crash_points
from config.checks.database import check_database
from config.checks.documents import check_documents
from config.local.machine import check_folder, check_port, check_ports_differ, check_python
from config.local.redis import NO_SERVER, find_server

WHY = "it carries messages to the workers"
OLDEST = (6, 2)


def all_checks(*, may_run: bool = False) -> Iterator[Check]:
    """Each check runs when it is asked for, cheap ones first.

    With `may_run` the shop may be running meanwhile, whoever has started it.
    """
    yield check_python()
    yield from settings_checks()
    yield check_crash_points()
    yield check_folder()
    yield check_port("PORT", may_run=may_run)
    yield check_port("FLOWER_PORT", may_run=may_run)
    yield check_ports_differ()
    yield check_database()
    yield check_documents()
    yield from database_checks()
    yield check_redis()


def check_redis() -> Check:
    """The server exists, Celery can use it, and it keeps every message."""
    if settings.REDIS_EMBEDDED:
        binary = find_server()
        if binary is None:
            return Check("Redis", "none found", WHY, NO_SERVER)
        return Check("Redis", f"the shop starts {binary}", WHY)
    name = settings.BROKER_SETTING
    other = f"Set {name} to one of another kind, or leave it empty, and the shop starts its own."
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
