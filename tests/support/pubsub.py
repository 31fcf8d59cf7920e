"""A Google Pub/Sub of the tests' own that can be killed, frozen and started on the same port."""

import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from google.pubsub_v1 import types

from bus.broker.pubsub_service import Service
from bus.broker.service_error import ServiceError
from tests.support.child import Child
from tests.support.servers import free_port
from tests.support.wait import wait_until

ROOT = Path(__file__).parents[2]
PROJECT = "shop"
START_WITHIN = 20


class PubsubServer(Child):
    """What it has stored stays through its deaths, in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.port = self.front = free_port()
        self.http_port = free_port()
        self._file = folder / "pubsub.sqlite3"
        module = "tests.support.pubsub_server"
        ports = str(self.port), str(self.http_port)
        command = [sys.executable, "-m", module, *ports, str(self._file)]
        super().__init__("pubsub", command, os.environ, folder / "log")
        self.cwd = ROOT
        self._lock = threading.Lock()

    def url(self, _port: int) -> str:
        """The address, which names no port: the variable of `settings` does."""
        return f"gcpubsub://projects/{PROJECT}"

    def settings(self, port: int) -> dict[str, str]:
        """The environment of what reaches it through this port."""
        return {"BROKER_URL": self.url(port), "PUBSUB_EMULATOR_HOST": f"127.0.0.1:{port}"}

    def open(self) -> None:
        """Start, and wait until it answers."""
        self.start()
        wait_until(self.answers, START_WITHIN, "Pub/Sub answers")

    def answers(self) -> bool:
        with suppress(ServiceError), self.connected() as service:
            service.ping()
            return True
        return False

    @contextmanager
    def connected(self) -> Iterator[Service]:
        """A connection straight to the server, past the wire that faults cut."""
        service = Service(PROJECT, "", emulator=f"127.0.0.1:{self.port}")
        try:
            yield service
        finally:
            service.close()

    def revive(self) -> None:
        """Start it again unless another fault has done so."""
        with self._lock:
            if not self.alive:
                self.open()

    def restart(self) -> None:
        """Let it end by itself, and start it again."""
        with self._lock:
            self.stop()
            self.open()

    def heal(self) -> None:
        """Alive and answering."""
        self.signal_group(signal.SIGCONT)
        self.revive()

    def close(self) -> None:
        self.kill(hold=True)

    def publish(self, queue: str, *messages: bytes) -> None:
        """Put these messages into a queue that is there already."""
        with self.connected() as service:
            service.publish([(queue, message) for message in messages])

    def messages(self, queue: str = "%") -> list[types.PubsubMessage]:
        """The messages that are not acknowledged, of a queue or of all, oldest first."""
        sql = "SELECT stored FROM message WHERE subscription LIKE ? ORDER BY id"
        rows = self._query(sql, f"%/subscriptions/{queue}")
        return [types.PubsubMessage.deserialize(row[0]) for row in rows]

    def stored(self, queue: str = "%") -> list[bytes]:
        """What `messages` contain."""
        return [message.data for message in self.messages(queue)]

    def declared(self, queue: str) -> list[types.Subscription]:
        """How the subscriptions of a queue were declared."""
        sql = "SELECT declared FROM subscription WHERE name LIKE ?"
        rows = self._query(sql, f"%/subscriptions/{queue}")
        return [types.Subscription.deserialize(row[0]) for row in rows]

    def forget(self) -> None:
        """Forget all topics, subscriptions and messages."""
        for table in ("topic", "subscription", "message"):
            self._query(f"DELETE FROM {table}")

    def delete_topic(self, queue: str) -> None:
        """Delete a queue's topic alone: its subscription gets nothing any more."""
        self._query("DELETE FROM topic WHERE name LIKE ?", f"%/topics/{queue}")
        for found in self.declared(queue):
            found.topic = "_deleted-topic_"
            stored = types.Subscription.serialize(found)
            values = found.topic, stored, found.name
            self._query("UPDATE subscription SET topic = ?, declared = ? WHERE name = ?", *values)

    def _query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._file, isolation_level=None)) as file:
            return file.execute(sql, values).fetchall()
