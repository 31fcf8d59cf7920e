"""What `up` needs before it starts anything; `doctor` shows the same checks."""

from collections.abc import Iterator

import redis
from django.conf import settings

from bus import conf
from bus.broker import server
from bus.broker.address import RedisAddress
from config.checks import database_checks, settings_checks
from config.checks.check import Check
from config.checks.crashpoints import check_crash_points
from config.checks.database import check_database
from config.checks.documents import check_documents
from config.local.machine import check_folder, check_port, check_python
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
    yield check_database()
    yield check_documents()
    yield from database_checks()
    yield check_redis()


def check_redis() -> Check:
    """The server exists and answers, and the relay would not refuse it."""
    if settings.REDIS_EMBEDDED:
        binary = find_server()
        if binary is None:
            return Check("Redis", "none found", WHY, NO_SERVER)
        return Check("Redis", f"the shop starts {binary}", WHY)
    name = conf.name("BUS_REDIS_URL")
    try:
        with server.client() as client:
            version = str(client.info("server")["redis_version"])
        server.check()
    except (redis.RedisError, OSError) as error:
        fix = f"Start it, or set {name} to one that answers, or leave it empty."
        return Check(name, f"Redis cannot be used ({error})", WHY, fix)
    except server.UnsuitableBroker as error:
        state, _, fix = str(error).partition(". ")
        return Check(name, state, WHY, fix)
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        return Check(name, f"is version {version}", WHY, "Use Redis 6.2 or newer, or Valkey.")
    return Check(name, f"Redis {version} at {RedisAddress.read(conf.redis_url())} answers", WHY)
