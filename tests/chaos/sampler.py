"""What is looked at all the time: stock that must never be below zero, and what Redis carries."""

import base64
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import amqp
import psycopg
import redis

from tests.chaos.brokers import NoBroker
from tests.chaos.buyers import DOMAIN, FAMILY
from tests.chaos.checker.stock import OVERSOLD
from tests.chaos.stage import Stage
from tests.support.datastores import RedisServer
from tests.support.pubsub import PubsubServer
from tests.support.rabbitmq import RabbitmqServer
from tests.support.sentinels import Sentinels
from tests.support.sqs import SqsServer

PERSONAL = (FAMILY.encode(), DOMAIN.encode())
BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
LOOK_EVERY = 0.5
DUMP_EVERY = 10
BELOW = "SELECT count(*) FROM inventory_stockitem WHERE on_hand < 0 OR reserved < 0"


MOST_READ = 1000
"""Entries of one key that are read at a time."""


def names_a_person(value: bytes) -> bool:
    """Whether a customer's name or address is in it, or in what it holds in base64."""
    inside = b"".join(_decoded(text) for text in BASE64.findall(value))
    return any(mark in value or mark in inside for mark in PERSONAL)


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _values(client: "redis.Redis", key: bytes) -> list[bytes]:
    read = {
        b"list": lambda: client.lrange(key, 0, MOST_READ),
        b"hash": lambda: client.hvals(key),
        b"set": lambda: list(client.smembers(key)),
        b"zset": lambda: client.zrange(key, 0, MOST_READ),
        b"string": lambda: [client.get(key) or b""],
    }
    found: list[bytes] = read.get(client.type(key), list)()
    return found


class Sampler:
    """Collects sentences in `violations`, from threads of its own.

    Who saw nothing found nothing: what it did not look at is a violation too.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.violations: list[str] = []
        self.looks = 0
        self._has_events = not isinstance(stage.broker, SqsServer | PubsubServer | NoBroker)
        self.events = 0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._look, daemon=True, name="sampler"),
            threading.Thread(target=self._listen, daemon=True, name="listener"),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Look no more; tell of what was never looked at, and of what ended the customers."""
        died = [thread.name for thread in self._threads if not thread.is_alive()]
        self._stop.set()
        for thread in self._threads:
            thread.join(10)
        self.violations += [f"not checked: the thread {name} died of an error" for name in died]
        self.violations += self.stage.buyers.errors if self.stage.buyers else []
        if not self.looks:
            self.violations.append("not checked: stock and Redis were never read")
        if not self.events and self._has_events:
            self.violations.append("not checked: no task event was received")

    def _look(self) -> None:
        dump_at = time.monotonic()
        while not self._stop.wait(LOOK_EVERY):
            with suppress(psycopg.Error, sqlite3.Error, redis.RedisError, OSError):
                if below := self.stage.books.one(BELOW):
                    self.violations.append(f"{below} stock items were below zero")
                for (sku,) in self.stage.books.rows(OVERSOLD):
                    self.violations.append(f"{sku} was promised and not there")
                self.looks += 1
                if time.monotonic() >= dump_at:
                    dump_at = time.monotonic() + DUMP_EVERY
                    if isinstance(self.stage.broker, RedisServer | Sentinels):
                        self.dump_redis()

    def dump_redis(self) -> None:
        """Look for personal data in every key that Redis holds just now.

        Other brokers are not read: who reads their queues takes messages away from the workers.
        """
        with self.stage.broker.client() as client:
            for key in client.scan_iter(count=500):
                if any(names_a_person(value) for value in _values(client, key)):
                    self.violations.append(f"personal data in the Redis key {key!r}")

    def _listen(self) -> None:
        """Receive the task events, which are all that Flower has."""
        if not self._has_events:
            self._stop.wait()
        while not self._stop.is_set():
            try:
                for event in self._events():
                    self._receive(event)
            except (redis.RedisError, amqp.AMQPError, OSError):
                self._stop.wait(1)

    def _events(self) -> Iterator[bytes]:
        broker = self.stage.broker
        if isinstance(broker, RabbitmqServer):
            yield from broker.task_events(self._stop)
            return
        with broker.client() as client, client.pubsub() as events:
            events.psubscribe("*celeryev*")
            while not self._stop.is_set():
                message = events.get_message(timeout=1)
                if message and message["type"] == "pmessage":
                    yield message["data"]

    def _receive(self, data: bytes) -> None:
        self.events += 1
        if names_a_person(data):
            self.violations.append("personal data in a task event, which Flower shows")
