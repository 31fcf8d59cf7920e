"""Messages that come twice, late, never, or forged; and events that no handler can read."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import redis

from tests.chaos import forgery
from tests.chaos.faults.fault import Missed, fault
from tests.chaos.stage import Stage
from tests.support.wait import wait_until

BAR = 10
"""Seconds: nonsense in a queue costs no more than the time to read it."""

MOST_STOLEN = 2
"""Messages of one queue: more could use up what may be in flight, until their leases are over."""

FORGED = 20
"""Deliveries that are forged, in five ways: each one is a message that a worker must look up."""

TIMEOUT = 60
"""Seconds in which a database is back that another fault has hurt."""

RECENT = (
    "SELECT d.id, d.token, s.name, q.name FROM bus_delivery d "
    "JOIN bus_subscription s ON s.id = d.subscription_id JOIN bus_queue q ON q.id = s.queue_id "
    "ORDER BY d.id DESC LIMIT 60"
)
PLANT = (
    "INSERT INTO bus_event (uuid, type, version, stream, key, data, correlation, traceparent) "
    "VALUES (%s, %s, %s, %s, NULL, %s, %s, '')"
)
OF_PERSON = """
    INSERT INTO bus_personaldata (event_id, data) SELECT id, '{}' FROM bus_event
    WHERE stream = %s AND id NOT IN (SELECT event_id FROM bus_personaldata)
"""
"""Without it, deliveries would be discarded for erased personal data."""

ROUTE = (
    "INSERT INTO bus_outbox (event_id) SELECT id FROM bus_event WHERE stream = %s "
    "ON CONFLICT DO NOTHING"
)
TYPES = "SELECT DISTINCT event_type FROM bus_subscription ORDER BY 1"

UNREADABLE = (
    "{}", "[]", "null", '"text"', "7", '{"number": 7}', '{"number": "N", "lines": {}}',
    '{"number": "N", "order_id": "no UUID", "at": "no time"}',
)  # fmt: skip


def _queues(stage: Stage) -> list[str]:
    return [worker.name.removeprefix("worker-") for worker in stage.workers]


@contextmanager
def _reached(stage: Stage) -> Iterator["redis.Redis"]:
    """A client of a Redis that another fault may keep from answering: then it is a miss."""
    try:
        with stage.redis.client() as client:
            yield client
    except redis.RedisError as error:
        raise Missed(f"Redis did not answer: {type(error).__name__}.") from error


def _take_all(client: "redis.Redis", queue: str) -> list[bytes]:
    pipe = client.pipeline()
    pipe.lrange(queue, 0, -1)
    pipe.delete(queue)
    found: list[bytes] = pipe.execute()[0]
    return found


@fault("each message one to five times, shuffled", bar=BAR, seconds=4, broker="redis")
def messages_doubled(stage: Stage, chance: Random) -> str:
    copies = 0
    with _reached(stage) as client, stage.held_back():
        for queue in _queues(stage):
            items = [copy for item in _take_all(client, queue)
                     for copy in [item] * chance.randint(1, 5)]  # fmt: skip
            chance.shuffle(items)
            if items:
                client.lpush(queue, *items)
            copies += len(items)
    if not copies:
        raise Missed("No message was in any queue.")
    return f"{copies} copies"


@fault("messages taken away in silence", bar=BAR, seconds=4, broker="redis")
def messages_stolen(stage: Stage, chance: Random) -> str:
    stolen = 0
    with _reached(stage) as client, stage.held_back():
        for queue in chance.sample(_queues(stage), k=3):
            for item in client.rpop(queue, MOST_STOLEN) or []:
                now = time.time()
                stage.stolen += [(pk, now) for pk, _token in forgery.tickets_of(item)]
                stolen += 1
    if not stolen:
        raise Missed("No message was in these queues.")
    return f"{stolen} stolen"


@fault("malformed messages of every kind", bar=BAR, seconds=2, broker="redis")
def messages_malformed(stage: Stage, chance: Random) -> str:
    pushed = 0
    tasks = {queue: task for task, queue in _rows(stage, forgery.TASKS)}
    with _reached(stage) as client:
        for queue, task in tasks.items():
            items = list(forgery.malformed(task, queue).values())
            chance.shuffle(items)
            client.lpush(queue, *items)
            pushed += len(items)
    return f"{pushed} messages"


@fault("a byte-wise fuzz of good messages", bar=BAR, seconds=2, broker="redis")
def messages_fuzzed(stage: Stage, chance: Random) -> str:
    rows = _rows(stage, RECENT)
    with _reached(stage) as client:
        for pk, token, task, queue in rows:
            client.lpush(queue, forgery.fuzzed(task, [(pk, token)], queue, chance))
    return f"{len(rows)} mutants"


@fault("ids of unknown deliveries, of other subscriptions, of old tokens", bar=BAR, seconds=2,
       broker="redis")  # fmt: skip
def messages_forged(stage: Stage, chance: Random) -> str:
    rows = _rows(stage, RECENT)
    with _reached(stage) as client:
        for pk, token, task, queue in rows[:FORGED]:
            other = chance.choice(rows)
            for about, tickets in (
                (task, [(10**12 + pk, token)]),
                (task, [(pk, max(token - 1, 0))]),
                (task, [(pk, token + 1)]),
                (task, []),
                (other[2], [(pk, token)]),
            ):
                where = chance.choice((queue, other[3]))
                client.lpush(where, _written(about, tickets, where))
    return f"{FORGED} deliveries"


@fault("events that cannot be read", bar=BAR, seconds=2)
def events_poisoned(stage: Stage, chance: Random) -> str:
    """Each of a type and in a stream of its own; all their deliveries end dead, with the reason."""
    types = [kind for (kind,) in _rows(stage, TYPES)]
    kinds = {"OrderPlaced", *chance.sample(types, k=2)}
    for kind in sorted(kinds):
        for data in chance.sample(UNREADABLE, k=3):
            # A newer version than this code's waits for its workers, and does not come to rest.
            plant(stage, kind, data, version=chance.choice((0, 1)))
    return f"{3 * len(kinds)} events"


def plant(stage: Stage, kind: str, data: str, *, version: int = 1) -> None:
    """An event with this data, as if it had been published."""
    stream = f"POISON-{uuid.uuid4().hex[:12]}"
    identity = str(uuid.uuid4()) if stage.on_postgres else uuid.uuid4().hex
    stage.poisoned.add(stream)
    change = stage.books.change
    event = (PLANT, identity, kind, version, stream, data, identity)
    wait_until(lambda: change(*event), TIMEOUT, "an event was planted")
    wait_until(lambda: change(OF_PERSON, stream) + 1, TIMEOUT, "it has a personal part")
    wait_until(lambda: change(ROUTE, stream) + 1, TIMEOUT, "it is in the outbox")


def _written(task: str, tickets: list[forgery.Ticket], queue: str) -> bytes:
    return forgery.written(forgery.message(task, tickets, queue))


def _rows(stage: Stage, sql: str) -> list[tuple[Any, ...]]:
    """Of a database that another fault may have made away with for a moment."""
    rows: list[tuple[Any, ...]] = wait_until(lambda: stage.books.rows(sql), TIMEOUT, "rows")
    return rows
