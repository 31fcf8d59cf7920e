"""A Pub/Sub that forgets, or gets malformed messages."""

from random import Random

from bus.broker.service_error import ServiceError
from tests.chaos import forgery
from tests.chaos.faults.fault import Missed, fault
from tests.chaos.stage import Stage

LARGEST = 4_000_000
"""Bytes; gRPC's own limit of a message, and less than the service's."""


@fault("Pub/Sub: forgotten subscriptions and messages", bar=30, seconds=1, broker="pubsub")
def pubsub_emptied(stage: Stage, chance: Random) -> None:
    """Relay and workers make all of it anew, and leases bring the messages back."""
    stage.broker.forget()


@fault("Pub/Sub: malformed messages of every kind", bar=10, seconds=2, broker="pubsub")
def pubsub_malformed(stage: Stage, chance: Random) -> str:
    pushed = 0
    for task, queue in stage.books.rows(forgery.TASKS):
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
