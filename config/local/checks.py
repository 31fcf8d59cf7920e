"""What `up` needs before it starts anything; `doctor` shows the same checks."""

import subprocess
import sys
from collections.abc import Iterator

import redis
from amqp.exceptions import AMQPError
from django.conf import settings
from kombu.exceptions import KombuError

from bus import conf
from bus.broker import server
from bus.broker.address import Address, configured
from bus.broker.pubsub_address import PubsubAddress
from bus.broker.service_error import ServiceError
from config.celery import app
from config.checks import database_checks, settings_checks
from config.checks.check import Check
from config.checks.crashpoints import check_crash_points
from config.checks.database import check_database
from config.checks.documents import check_documents
from config.local.machine import check_folder, check_port, check_python
from config.local.redis import NO_SERVER, find_server

WHY = "it carries messages to the workers"
WHY_NONE = "the ledger in the database is enough"
OLDEST = {
    "Redis": ((6, 2), "Use Redis 6.2 or newer, or Valkey."),
    "RabbitMQ": ((3, 10), "Use RabbitMQ 3.10 or newer: older quorum queues keep what is over."),
}
"""By the kind of broker."""


def all_checks(*, may_run: bool = False) -> Iterator[Check]:
    """Each check runs when it is asked for, cheap ones first.

    With `may_run` the shop may be running meanwhile, whoever has started it.
    """
    yield check_python()
    yield from settings_checks()
    yield check_crash_points()
    yield check_folder()
    yield check_port("PORT", may_run=may_run)
    if settings.WITH_FLOWER:
        yield check_port("FLOWER_PORT", may_run=may_run)
    yield check_database()
    yield check_documents()
    yield from database_checks()
    yield check_broker()


def check_broker() -> Check:
    """The server exists and answers, and the relay would not refuse it."""
    if settings.WITHOUT_BROKER:
        return Check("Broker", "none: manage.py work handles the deliveries", WHY_NONE)
    if settings.REDIS_EMBEDDED:
        binary = find_server()
        if binary is None:
            return Check("Redis", "none found", WHY, NO_SERVER)
        return Check("Redis", f"the shop starts {binary}", WHY)
    address = configured()
    name = conf.name("BUS_REDIS_URL")
    try:
        version = _redis_version() if server.is_redis() else _other_version(address)
        server.check()
    except (redis.RedisError, AMQPError, KombuError, OSError) as error:
        fix = f"Start it, or set {name} to one that answers, or leave it empty."
        return Check(name, f"{address.kind} cannot be used ({error})", WHY, fix)
    except server.UnsuitableBroker as error:
        state, _, fix = str(error).partition(". ")
        return Check(name, state, WHY, fix)
    oldest, fix = OLDEST.get(address.kind, ((), ""))
    if version and tuple(map(int, version.split(".")[:2])) < oldest:
        return Check(name, f"is version {version}", WHY, fix)
    return Check(name, f"{f'{address.kind} {version}'.strip()} at {address} answers", WHY)


def _redis_version() -> str:
    with server.client() as client:
        return str(client.info("server")["redis_version"])


def _other_version(address: Address) -> str:
    """Empty for a service, which has none."""
    if isinstance(address, PubsubAddress):
        _ask_pubsub(address)
        return ""
    with app.connection_for_read(
        connect_timeout=server.SOCKET_TIMEOUT, transport_options=address.sender_options()
    ) as connection:
        told = getattr(connection.default_channel.connection, "server_properties", {})
        return str(told.get("version", ""))


def _ask_pubsub(address: PubsubAddress) -> None:
    """In a process of its own: `up` forks, and a child of what has called gRPC cannot call it."""
    command = [sys.executable, "-m", "bus.broker.pubsub_service", address.project]
    done = subprocess.run(  # noqa: S603  the command is our own
        command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ServiceError(done.stderr.strip().rpartition("\n")[2])
