"""A Redis and a PostgreSQL that can be killed, frozen and started again on the same port."""

import os
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import redis

from tests.support import servers
from tests.support.child import Child
from tests.support.machine import find_postgres
from tests.support.wait import wait_until

OURS = "tests"
"""A user of the tests' own, who gets in whatever a fault has done to the password."""

AS_IT_WAS = (
    ("CLIENT", "UNPAUSE"),
    ("REPLICAOF", "NO", "ONE"),
    ("CONFIG", "SET", "requirepass", "", "maxmemory", "0"),
)


class RedisServer(Child):
    """A Redis as the shop wants one, on a port that stays the same through its deaths.

    `options` are more of the server's own, for example `--databases 64`.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.port = servers.free_port()
        command = servers.redis_command(self.port, str(folder))
        command += ["--user", OURS, "on", "nopass", "~*", "&*", "+@all", *options]
        super().__init__("redis", command, os.environ, folder / "log")
        self._lock = threading.Lock()

    @property
    def front(self) -> int:
        """The port by which the shop reaches it."""
        return self.port

    def url(self, port: int) -> str:
        """The address through this port, in the spelling of the shop."""
        return f"redis://127.0.0.1:{port}/0"

    def open(self) -> None:
        """Start, and wait until it answers."""
        self.start()
        wait_until(lambda: servers.answers_ping(self.port), 20, "Redis answers")

    def close(self) -> None:
        self.kill(hold=True)

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
        data = tempfile.mkdtemp(prefix="shop-postgres-")
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
