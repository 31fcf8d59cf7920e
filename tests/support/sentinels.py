"""A Redis with two replicas, and three Sentinels that make one the master if it is lost."""

import os
import threading
from pathlib import Path

import redis
from redis.sentinel import Sentinel

from tests.support import servers
from tests.support.child import Child
from tests.support.machine import part
from tests.support.wait import wait_until

MASTER = "shop"
DOWN_AFTER = 2
"""Seconds after which a silent master is taken for lost."""
QUORUM = 2
START_WITHIN = 30


class Sentinels:
    """Six processes on ports that stay the same; `fail_over` is what they are there for."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._ports = [servers.free_port() for _ in range(3)]
        self._sentinel_ports = [servers.free_port() for _ in range(3)]
        # A campaign's proxy needs a port; what Sentinels say leads past it.
        self.port = self.front = self._sentinel_ports[0]
        self._servers = {port: self._server(port) for port in self._ports}
        self._sentinels = [self._sentinel(port) for port in self._sentinel_ports]
        self._lock = threading.Lock()

    def url(self, _port: int) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._sentinel_ports)
        return f"sentinel://{hosts}/0?master={MASTER}"

    def client(self) -> redis.Redis:
        """A client of whichever server is the master."""
        hosts = [("127.0.0.1", port) for port in self._sentinel_ports]
        found = Sentinel(hosts, sentinel_kwargs={"socket_timeout": 1}, socket_timeout=5)
        return found.master_for(MASTER)

    def open(self) -> None:
        """Start all, and wait until the replicas follow the master."""
        for port, server in self._servers.items():
            server.start()
            wait_until(lambda port=port: servers.answers_ping(port), START_WITHIN, server.name)
        for sentinel in self._sentinels:
            sentinel.start()
        wait_until(self.is_whole, START_WITHIN, "the Sentinels have a master and its replicas")

    def is_whole(self) -> bool:
        """Whether each Sentinel has a master with two replicas that follow it."""
        try:
            for port in self._sentinel_ports:
                with redis.Redis(port=port, socket_timeout=1) as sentinel:
                    state = sentinel.sentinel_master(MASTER)
                    if state["num-slaves"] < 2 or state["num-other-sentinels"] < 2:
                        return False
            with self.client() as client:
                replication = client.info("replication")
                replicas = [replication.get("slave0"), replication.get("slave1")]
                return all(one and one["state"] == "online" for one in replicas)
        except redis.RedisError:
            return False

    def fail_over(self) -> None:
        """kill -9 of the master; when another is elected it comes back, as a replica."""
        before = self.master()
        self._servers[before].kill(hold=True)
        try:
            wait_until(lambda: self.master() != before, START_WITHIN, "another master")
        finally:
            self._servers[before].start()

    def master(self) -> int:
        """The port of the master."""
        with redis.Redis(port=self._sentinel_ports[0], socket_timeout=1) as sentinel:
            return int(sentinel.sentinel_get_master_addr_by_name(MASTER)[1])

    def heal(self) -> None:
        """All run, and the replicas follow the master."""
        with self._lock:
            for child in (*self._servers.values(), *self._sentinels):
                if not child.alive:
                    child.start()
            wait_until(self.is_whole, START_WITHIN, "the Sentinels are whole")

    def close(self) -> None:
        for child in (*self._sentinels, *self._servers.values()):
            child.kill(hold=True)

    def _server(self, port: int) -> Child:
        folder = self.folder / str(port)
        folder.mkdir()
        command = servers.redis_command(port, str(folder))
        command[0] = str(part("redis_server").path)
        if port != self._ports[0]:
            command += ["--replicaof", "127.0.0.1", str(self._ports[0])]
        # A master that comes back takes nothing before it has learned that it is none any more.
        command += ["--min-replicas-to-write", "1"]
        return Child(f"redis-{port}", command, os.environ, folder / "log")

    def _sentinel(self, port: int) -> Child:
        file = self.folder / f"sentinel-{port}.conf"
        watch = {
            "monitor": f"127.0.0.1 {self._ports[0]} {QUORUM}",
            "down-after-milliseconds": str(1000 * DOWN_AFTER),
            "failover-timeout": "5000",
        }
        lines = [f"port {port}", "bind 127.0.0.1", f"dir {self.folder}"]
        lines += [f"sentinel {name} {MASTER} {value}" for name, value in watch.items()]
        file.write_text("\n".join(lines) + "\n")
        command = [str(part("redis_server").path), str(file), "--sentinel"]
        return Child(f"sentinel-{port}", command, os.environ, self.folder / f"sentinel-{port}.log")
