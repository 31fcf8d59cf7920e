"""The campaign's own Redis and its own database, which faults may kill, freeze and starve."""

import os
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import redis

from tests import servers
from tests.chaos.child import Child
from tests.machine import find_postgres

Row = tuple[Any, ...]


OURS = "campaign"
"""A user of the campaign's own, who gets in whatever a fault has done to the password."""

AS_IT_WAS = (
    ("CLIENT", "UNPAUSE"),
    ("REPLICAOF", "NO", "ONE"),
    ("CONFIG", "SET", "requirepass", "", "maxmemory", "0"),
)


class RedisServer(Child):
    """A Redis as the shop wants one, on a port that stays the same through its deaths."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.port = servers.free_port()
        command = servers.redis_command(self.port, str(folder))
        command += ["--user", OURS, "on", "nopass", "~*", "&*", "+@all"]
        super().__init__("redis", command, os.environ, folder / "log")
        self._lock = threading.Lock()

    def open(self) -> None:
        """Start, and wait until it answers."""
        self.start()
        wait_until(lambda: servers.answers_ping(self.port), 20, "Redis answers")

    def client(self) -> "redis.Redis":
        """Straight to the server, past the wire that faults cut."""
        return redis.Redis(port=self.port, username=OURS, password="-", socket_timeout=5)

    def revive(self, *, empty: bool = False) -> None:
        """Start it again unless another fault has done so; `empty`: without what it had stored."""
        with self._lock:
            if self.alive:
                return
            if empty:
                shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)
            self.open()

    def tell(self, *command: str | int, within: float = 70) -> Any:
        """Have a command done, however long another fault keeps the server from doing it.

        Raises:
            TimeoutError: it was not done within so many seconds.
        """
        deadline = time.monotonic() + within
        while True:
            try:
                with self.client() as client:
                    return client.execute_command(*command)
            except (redis.RedisError, OSError) as error:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"Redis did not do {command[0]}: {error}") from error
            time.sleep(0.1)

    def heal(self) -> None:
        """Alive and answering, with the settings that it was started with."""
        self.signal_group(signal.SIGCONT)
        self.revive()
        for command in AS_IT_WAS:
            self.tell(*command)


class PostgresServer(Child):
    """A PostgreSQL with its usual care for what is committed (fsync and all)."""

    def __init__(self, folder: Path, **options: str) -> None:
        server = find_postgres()
        if server is None:
            raise SystemExit("No PostgreSQL here: apt-get install postgresql, or DATABASE=sqlite.")
        folder.mkdir()
        data = tempfile.mkdtemp(prefix="shop-chaos-pg-")
        self.data = Path(data)
        self.port = servers.free_port()
        user = servers.make_cluster(server, data)
        options |= {"max_connections": "80"}
        command = servers.postgres_command(server, data, self.port, **options)
        super().__init__("postgres", command, os.environ, folder / "log")
        self.user = user
        self.url = f"postgres://shop@127.0.0.1:{self.port}/postgres"

    def open(self) -> None:
        """Start unless it runs, and wait until it answers."""
        if not self.alive:
            self.start()
        wait_until(lambda: servers.answers_query(self.url), 60, "PostgreSQL answers")

    def stop_at_once(self) -> None:
        """What `pg_ctl stop -m immediate` does: no checkpoint, no farewell."""
        self.held = True
        self.send(signal.SIGQUIT)
        if self._process:
            self._process.wait(20)


class Books:
    """Reads the database as it is, with SQL alone and none of the shop's code.

    A connection per thread, opened anew when the server was away.
    """

    def __init__(self, *, url: str = "", path: Path | None = None) -> None:
        self.on_postgres = bool(url)
        self._url, self._path = url, path
        self._local = threading.local()

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """The rows of a SELECT; `%s` stands for a value on both databases."""
        return list(self._run(sql, values).fetchall())

    def one(self, sql: str, *values: Any) -> Any:
        """The first column of the first row."""
        return self.rows(sql, *values)[0][0]

    def change(self, sql: str, *values: Any) -> int:
        """Run a statement, commit, and say how many rows it touched."""
        return int(self._run(sql, values).rowcount)

    def connect(self) -> Any:
        """A connection of one's own, in autocommit."""
        if self.on_postgres:
            return psycopg.connect(self._url, autocommit=True, connect_timeout=5)
        return sqlite3.connect(str(self._path), timeout=30, isolation_level=None)

    def _run(self, sql: str, values: Row) -> Any:
        sql = sql if self.on_postgres else sql.replace("%s", "?")
        try:
            return self._connection().execute(sql, values)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._local.connection = None
            return self._connection().execute(sql, values)

    def _connection(self) -> Any:
        if getattr(self._local, "connection", None) is None:
            self._local.connection = self.connect()
        return self._local.connection


def wait_until(event: Callable[[], Any], seconds: float, what: str, every: float = 0.05) -> Any:
    """What `event` gives once that is true.

    Raises:
        TimeoutError: naming `what` did not come about.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = None
        with suppress(psycopg.Error, sqlite3.Error, OSError):
            found = event()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not within {seconds:g} s: {what}.")
        time.sleep(every)
