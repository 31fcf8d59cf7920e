"""The real shop, started with `manage.py up` in a folder of its own."""

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import redis
from prometheus_client.parser import text_string_to_metric_families

from tests.support.servers import free_port, free_ports
from tests.support.wait import wait_until

ROOT = Path(__file__).parents[2]
MANAGE = [sys.executable, str(ROOT / "manage.py")]
READY_WITHIN = 90
STOPPED_WITHIN = 90
BODY = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "shipping_address": {
        "line1": "Invalidenstraße 43",
        "postal_code": "10115",
        "city": "Berlin",
        "country": "DE",
    },
    "lines": [{"sku": "BOOK-ATLAS", "quantity": 2}, {"sku": "DESK-INK", "quantity": 1}],
}

WORKERS = ("analytics", "notifications", "orders", "inventory", "billing", "fulfillment")
MEASURED = ("web", "relay", *(f"worker-{queue}" for queue in WORKERS))
"""The processes that serve metrics, in the order of their ports; docs/observe.md has it, too."""

CUSTOMER = {
    "email": "edith@example.com",
    "name": "Edith Clarke",
    "line1": "Harbour Street 9",
    "postal_code": "1050",
    "city": "Bruxelles",
}
"""What staff fill in for an order by phone."""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """A laptop's: DEBUG, free ports, all files in `folder`."""
    ports = {"PORT": str(free_port()), "FLOWER_PORT": str(free_port())}
    return {**os.environ, "DEBUG": "1", "VAR_DIR": str(folder), **ports, **more}


class Shop:
    """One running shop. Its processes have the names under which it prints their output."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        self.env = environment(folder, **more)
        self.ports = [int(self.env["PORT"]), int(self.env["FLOWER_PORT"])]
        self.url = f"http://127.0.0.1:{self.env['PORT']}"
        self.log = folder / "up.log"
        self.http = httpx.Client(base_url=self.url, timeout=10, trust_env=False)
        self.process: subprocess.Popen[bytes] | None = None
        self._customers = itertools.count(1)

    def start(self, *options: str) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*MANAGE, "up", *options], env=self.env, cwd="/", stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.wait_for(lambda: "Ready after" in self.said or self.ended, READY_WITHIN)
        assert not self.ended, self.said

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self) -> int:
        """Press Ctrl-C and wait; kills it in the end, so that no test leaves a shop behind."""
        assert self.process is not None
        self.http.close()
        if not self.ended:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOPPED_WITHIN)
        finally:
            self.process.kill()

    def wait_for(self, condition: Callable[[], Any], seconds: float) -> Any:
        """What `condition` gives once it is true; fails with the output past the deadline."""
        return wait_until(condition, seconds, lambda: self.said[-5000:])

    def send_signal(self, name: str, number: signal.Signals) -> None:
        """Send it to one process of the shop and to all that it has started."""
        os.killpg(int((self.folder / "run" / f"{name}.pid").read_text()), number)

    def forget_messages(self) -> None:
        """Throw away all that Redis has stored."""
        with redis.Redis.from_url((self.folder / "redis.url").read_text().strip()) as client:
            client.flushall()

    def measure(self) -> None:
        """Let each process serve metrics, once they are started."""
        self.env["METRICS_PORT"] = str(free_ports(len(MEASURED)))

    def metrics(self, name: str) -> str:
        """What a scrape of one process answers."""
        place = 1 if name == "work" else MEASURED.index(name)
        port = int(self.env["METRICS_PORT"]) + place
        return (
            httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).raise_for_status().text
        )

    def metric(self, name: str, metric: str, **labels: str) -> float:
        """The sum of a metric's values with these labels."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.metrics(name))
            for sample in family.samples
            if sample.name == metric and labels.items() <= sample.labels.items()
        )

    def place_order(self) -> dict[str, Any]:
        """Order as a customer who has not ordered before: a recipient gets 20 mails an hour."""
        body = BODY | {"email": f"ada{next(self._customers)}@example.com"}
        answer = self.http.post("/api/v1/checkout/", json=body)
        assert answer.status_code == 201, answer.text
        order: dict[str, Any] = answer.json()
        return order

    def look_at(self, order: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(httpx.URL(order["links"]["self"]).path).json()
        return found

    def query(self, *statements: str) -> list[Any]:
        """What its own database answers to the last of these."""
        url = self.env.get("DATABASE_URL", "")
        if url.startswith("postgres"):
            with psycopg.connect(url) as connection:
                for statement in statements:
                    cursor = connection.execute(statement.encode())
                return cursor.fetchall() if cursor.description else []
        connected = sqlite3.connect(self.folder / "shop.sqlite3", timeout=20)
        with connected:
            rows = [connected.execute(statement).fetchall() for statement in statements][-1]
        connected.close()
        return rows

    def states(self, order: dict[str, Any]) -> dict[str, set[str]]:
        """The states of the order's handlers, by app."""
        found: dict[str, set[str]] = {}
        for name, state in self.query(
            "SELECT s.name, d.state FROM bus_delivery d JOIN bus_subscription s "
            f"ON s.id = d.subscription_id WHERE d.stream = '{order['number']}'"
        ):
            found.setdefault(name.partition(".")[0], set()).add(state)
        return found

    def wait_until_settled(self, order: dict[str, Any], seconds: float) -> dict[str, set[str]]:
        self.wait_for(lambda: self.look_at(order)["settled"], seconds)
        return self.states(order)


def processes_of(folder: Path) -> list[int]:
    """Every process on this machine that has `folder` as its VAR_DIR (Linux alone tells)."""
    mark = f"VAR_DIR={folder}\0".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environ.read_bytes() + b"\0":
                found.append(int(environ.parent.name))
        except OSError:
            continue
    return found
