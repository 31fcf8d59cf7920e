"""All that a campaign starts: servers, wires, providers and the shop's own processes."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import httpx

from tests.chaos import brokers
from tests.chaos.buyers import Buyers, Purchase
from tests.chaos.disks import SmallDisk
from tests.chaos.mailbox import Mailbox
from tests.chaos.warehouse import Warehouse
from tests.support import servers
from tests.support.books import Books
from tests.support.child import Child
from tests.support.datastores import PostgresServer
from tests.support.deployed import DEPLOYED
from tests.support.proxy import Proxy
from tests.support.wait import wait_until

ROOT = Path(__file__).parents[2]
LEFT_OUT = ("flower", "beat")
"""Programs of the Procfile that move no order: the `Sampler` receives what Flower would."""

READY_WITHIN = 120
HOLD = 1.5
"""Seconds for which workers take nothing, so that messages are found in their queues."""

CAUGHT_WITHIN = 5


class Stage:
    """The shop as the Procfile runs it, every wire of it through a proxy that faults can cut.

    `broker_wire`, `database_wire` (PostgreSQL alone), `mail_wire` and `warehouse_wire` are those
    proxies; `shop` the processes by their names in the Procfile. `settings` names the settings
    module, which the negative controls replace. Without a broker it is the shop of Procfile.none.
    """

    def __init__(
        self, *, database: str, broker: str = "redis", settings: str = "config.settings"
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="shop-chaos-")).resolve()
        self.crash_points = self.folder / "crash-points"
        self.crash_points.mkdir()
        self.on_postgres = database == "postgres"
        self.broker = brokers.broker_for(broker, self.folder)
        self.has_broker = broker != "none"
        self.postgres = PostgresServer(self.folder / "postgres") if self.on_postgres else None
        self.mailbox, self.warehouse = Mailbox(), Warehouse()
        self.broker_wire = Proxy(self.broker.front)
        self.mail_wire, self.warehouse_wire = Proxy(self.mailbox.port), Proxy(self.warehouse.port)
        self.database_wire = Proxy(self.postgres.port) if self.postgres else None
        self.port = servers.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = self._environment(settings)
        self.shop = {name: self._child(name, line) for name, line in self._procfile()}
        self.stolen: list[tuple[int, float]] = []
        """Deliveries whose messages a fault took away in silence, and when."""
        self.poisoned: set[str] = set()
        """Streams of events that no handler can read, planted by a fault."""
        self.books = (
            Books(url=f"{self.postgres.url.rpartition('/')[0]}/shop")
            if self.postgres
            else Books(path=self.folder / "shop.sqlite3")
        )
        self.disks: dict[str, SmallDisk] = {}
        """Disks that faults can fill up, by what they hold."""
        self.buyers: Buyers | None = None
        """The campaign's customers; a fault that orders something does it through them."""
        self.at_stake: list[Purchase] = []
        """Orders placed by a fault before it struck; what it took must come back within its bar."""
        self._closing = threading.Event()

    @property
    def redis(self) -> brokers.Broker:
        """The broker, for faults that only a Redis can have."""
        return self.broker

    @property
    def workers(self) -> list[Child]:
        return [child for name, child in self.shop.items() if name.startswith("work")]

    @property
    def relay(self) -> Child:
        """What fans out and claims."""
        return self.shop["relay" if self.has_broker else "work"]

    def open(self, say: Callable[[str], None]) -> None:
        """Start everything and return once an order could be placed and every worker works."""
        say("starting the servers")
        self.broker.open()
        if self.postgres:
            self.postgres.open()
            servers.new_database(self.postgres.url, "shop")
        say("making the database")
        self.manage("migrate", "--verbosity", "0")
        self.manage("seed", DEBUG="1")
        self.manage("subscriptions", "--register")
        self.books.change("UPDATE inventory_stockitem SET low_at = 0")
        say("starting the shop")
        for child in self.shop.values():
            child.start()
        threading.Thread(target=self._keep, daemon=True, name="keeper").start()
        wait_until(self.answers, READY_WITHIN, "the web answers")
        for worker in self.workers:
            wait_until(lambda one=worker: self.is_ready(one), READY_WITHIN, worker.name)

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def is_ready(self, worker: Child) -> bool:
        """Whether this life of the worker has its pool and, of Celery, touched its sign of life."""
        sign = self.folder / "run" / f"{worker.name}.alive"
        touched = sign.exists() or not self.has_broker
        return worker.alive and touched and len(worker.pool()) > 0

    def close(self) -> None:
        """Stop everything; what does not stop is killed."""
        self._closing.set()
        for child in self.shop.values():
            child.held = True
        for child in self.shop.values():
            child.kill(hold=True)
        self.broker.close()
        if self.postgres:
            self.postgres.kill(hold=True)
        self.mailbox.stop()
        self.warehouse.stop()
        for disk in self.disks.values():
            disk.unmount()
        if self.postgres:
            shutil.rmtree(self.postgres.data, ignore_errors=True)

    def manage(self, *arguments: str, check: bool = True, **settings: str) -> str:
        """Run a command of the shop's, past the wires; returns what it said."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        env = self.env | brokers.settings(self.broker, self.broker.front) | settings
        done = subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
        )
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    @contextmanager
    def armed(self, point: str, order: str = "kill", handler: str = "") -> Iterator[Path]:
        """A crash point that waits for the first process to come by (see bus.failpoints)."""
        armed = self.crash_points / (f"{point}@{handler}" if handler else point)
        draft = armed.with_name(f"{armed.name}.new")
        draft.write_text(order)
        draft.rename(armed)
        try:
            yield armed
        finally:
            armed.unlink(missing_ok=True)

    @contextmanager
    def caught(self, point: str, handler: str = "") -> Iterator[int]:
        """The first process that comes by at a crash point, frozen there; goes on afterwards.

        Raises:
            TimeoutError: no process came by.
        """
        with self.armed(point, "hold 1", handler) as armed:
            for earlier in self.crash_points.glob(f"{armed.name}.[0-9]*"):
                earlier.unlink(missing_ok=True)
            taken = wait_until(
                lambda: next(self.crash_points.glob(f"{armed.name}.[0-9]*"), None),
                CAUGHT_WITHIN, f"a process comes by at {armed.name}", every=0.01,
            )  # fmt: skip
        pid = int(taken.suffix[1:])
        with suppress(ProcessLookupError):
            os.kill(pid, SIGSTOP)
        try:
            yield pid
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, SIGCONT)

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Workers take no new messages, which wait in their queues, and finish those they have."""
        for worker in self.workers:
            worker.send(SIGSTOP)
        try:
            time.sleep(HOLD)
            yield
        finally:
            for worker in self.workers:
                worker.send(SIGCONT)

    def _keep(self) -> None:
        while not self._closing.wait(0.3):
            for child in self.shop.values():
                if child.look_after():
                    time.sleep(0.2)

    def _environment(self, settings: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "TZ")}
        env = kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": settings,
            **DEPLOYED,
            "ENV_FILE": os.devnull,
            "REDIS_PREFIX": "",
            "VAR_DIR": str(self.folder),
            "CRASH_POINTS": str(self.crash_points),
            "PORT": str(self.port),
            **brokers.settings(self.broker, self.broker_wire.port),
            "WORKER_CONCURRENCY": "2" if self.has_broker else "4",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail_wire.port}",
            "WAREHOUSE_URL": f"http://127.0.0.1:{self.warehouse_wire.port}/",
            "WAREHOUSE_SECRET": "chaos-chaos",
            # All customers come from this machine, and quickly.
            "CHECKOUTS_PER_ADDRESS": "100000/s",
            "CHECKOUTS_IN_ALL": "100000/s",
            "CANCELLATIONS_PER_ADDRESS": "100000/s",
            "PIECES_PER_LINE": "9999",
            "PIECES_PER_ORDER": "99999",
        }
        if self.database_wire:
            env["DATABASE_URL"] = f"postgres://shop@127.0.0.1:{self.database_wire.port}/shop"
        return env

    def _procfile(self) -> Iterator[tuple[str, str]]:
        file = ROOT / ("Procfile" if self.has_broker else "Procfile.none")
        for line in file.read_text().splitlines():
            name, _, command = line.partition(": ")
            if name not in LEFT_OUT:
                yield name, command

    def _child(self, name: str, line: str) -> Child:
        log = self.folder / f"{name}.log"
        child = Child(name, ["sh", "-c", f"exec {line}"], self.env, log)
        child.cwd = ROOT
        return child
