"""A Pub/Sub that dies, is started again, stalls, or gets malformed messages."""

import time
from random import Random
from signal import SIGCONT, SIGSTOP

from bus.broker.service_error import ServiceError
from tests.chaos import forgery
from tests.chaos.faults.fault import Missed, fault
from tests.chaos.stage import Stage

AGAIN_BAR = 25
"""Seconds. Workers and the relay connect anew every second; the start of the server takes some."""
STALL_BAR = 25
"""Seconds: a pull of 10 s, a question of 2 s, and a new connection."""

TASKS = "SELECT s.name, q.name FROM bus_subscription s JOIN bus_queue q ON q.id = s.queue_id"
LARGEST = 4_000_000
"""Bytes; gRPC's own limit of a message, and less than the service's."""


@fault("Pub/Sub: kill -9, and back with what it had stored", bar=AGAIN_BAR, seconds=10,
       broker="pubsub")  # fmt: skip
def pubsub_killed(stage: Stage, chance: Random) -> None:
    stage.broker.kill(hold=True)
    time.sleep(chance.uniform(0, 2))
    stage.broker.revive()


@fault("Pub/Sub: stopped, and started again", bar=AGAIN_BAR, seconds=10, broker="pubsub")
def pubsub_restarted(stage: Stage, chance: Random) -> None:
    stage.broker.restart()


@fault("Pub/Sub: frozen for some seconds", bar=STALL_BAR, seconds=8, redis_only=True,
       broker="pubsub")  # fmt: skip
def pubsub_frozen(stage: Stage, chance: Random) -> None:
    stage.broker.signal_group(SIGSTOP)
    time.sleep(chance.uniform(1, 8))
    stage.broker.signal_group(SIGCONT)


@fault("Pub/Sub: forgotten subscriptions and messages", bar=30, seconds=1, broker="pubsub")
def pubsub_emptied(stage: Stage, chance: Random) -> None:
    """Relay and workers make all of it anew, and leases bring the messages back."""
    stage.broker.forget()


@fault("Pub/Sub: malformed messages of every kind", bar=10, seconds=2, broker="pubsub")
def pubsub_malformed(stage: Stage, chance: Random) -> str:
    pushed = 0
    for task, queue in stage.books.rows(TASKS):
        items = [one for one in forgery.malformed(task, queue).values() if one]
        items += [forgery.fuzzed(task, [(1, 1)], queue, chance) for _ in range(10)]
        items.append(b"x" * LARGEST)
        chance.shuffle(items)
        try:
            stage.broker.publish(queue, *items)
        except ServiceError as error:
            raise Missed(f"Pub/Sub did not answer: {error}.") from error
        pushed += len(items)
    if not pushed:
        raise Missed("There are no queues.")
    return f"{pushed} messages"
