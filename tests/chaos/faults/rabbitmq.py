"""A RabbitMQ that gets malformed messages, or keeps what nothing takes."""

import json
import time
from random import Random

import amqp

from tests.chaos import forgery
from tests.chaos.faults.fault import Missed, fault
from tests.chaos.stage import Stage

OVER_LEASES = 280
MOST = 600
"""Messages of one queue: what was sent before and after a lease, and not the sum of many."""

PROPERTIES = {"content_type": "application/json", "content_encoding": "utf-8"}


@fault("RabbitMQ: malformed messages of every kind", bar=10, seconds=2, broker="rabbitmq")
def rabbitmq_malformed(stage: Stage, chance: Random) -> str:
    rows = stage.books.rows(forgery.ONE_TASK_OF_EACH_QUEUE)
    if not rows:
        raise Missed("There are no queues.")
    pushed = 0
    for task, queue in rows:
        messages = malformed(task)
        chance.shuffle(messages)
        stage.broker.publish(queue, *messages)
        pushed += len(messages)
    return f"{pushed} messages"


@fault("RabbitMQ: a worker that stays away for two leases", bar=150, seconds=300,
       at_random=False, broker="rabbitmq")  # fmt: skip
def rabbitmq_worker_away(stage: Stage, chance: Random) -> str:
    """What is over its lease is dropped by the broker, so that the queue does not grow.

    Raises:
        AssertionError: it has grown.
    """
    worker = chance.choice(stage.workers)
    queue = worker.name.removeprefix("worker-")
    worker.kill(hold=True)
    try:
        time.sleep(OVER_LEASES)
        waiting = stage.broker.depth(queue)
    finally:
        worker.start()
    assert waiting <= MOST, f"{waiting} messages wait in {queue}"
    return f"{waiting} messages waited in {queue}"


def malformed(task: str) -> list[amqp.Message]:
    """Every way to get a message wrong that a RabbitMQ accepts."""
    headers = {"id": "1", "task": task, "lang": "py"}
    good = json.dumps([[[[1, 1]]], {}, {"callbacks": None}])
    bodies = [
        "null", "7", "{}", "[]", '"text"', "[[]]", good[:-1], "[[[[1, 1]]], {}]", "{", "",
        "[" * 100_000, '[[[["one", "two"]]], {}, {}]', "[[[[1, 1, 1]]], {}, {}]",
        f"[[[[{10**30}, 1]]], {{}}, {{}}]", "[[[[1, 1]]], {}, {\"chain\": [{}]}]",
        '[[[[1, 1]]], {"x": 1}, {}]', good + " " * 300_000,
    ]  # fmt: skip
    odd_headers = [
        {}, {"task": task}, {"id": "1"}, headers | {"task": [task]},
        headers | {"task": "os.system"}, headers | {"task": "celery.backend_cleanup"},
        headers | {"eta": "2999-01-01T00:00:00"},
        headers | {"expires": "1999-01-01T00:00:00"}, headers | {"timelimit": "soon"},
        headers | {"timelimit": [1]}, headers | {"group": "1"}, headers | {"id": {"a": 1}},
        headers | {"compression": "application/x-gzip"}, headers | {"compression": "none"},
        headers | {"retries": -1}, headers | {"stamps": {"a": [1]}},
    ]  # fmt: skip
    kinds = [(body, headers, PROPERTIES) for body in bodies]
    kinds += [(good, odd, PROPERTIES) for odd in odd_headers]
    kinds += [(good, headers, PROPERTIES | {"content_encoding": odd}) for odd in ("utf-16", "x")]
    kinds += [(good, headers, {"content_type": "application/x-python-serialize"}), (good, {}, {})]
    return [
        amqp.Message(body.encode(), application_headers=said, **properties)
        for body, said, properties in kinds
    ]
