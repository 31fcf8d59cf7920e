"""An SQS that is started again, stalls, or gets malformed messages."""

import time
from base64 import b64encode
from random import Random
from signal import SIGCONT, SIGSTOP

from tests.chaos import forgery
from tests.chaos.faults.fault import Missed, fault
from tests.chaos.stage import Stage

AGAIN_BAR = 50
"""Seconds. Workers and the relay try again every second; what was in a lost answer is shown again
after 20 s, and on a small machine the start itself takes as long."""
LARGEST = 1024 * 1024
"""Characters of a message, by the rule of SQS."""

STALL_BAR = 45
"""Seconds: a request that is not answered is given up after 15 s, and its messages are shown again
after 20 s."""


@fault("SQS: ends, and is back with what it had stored", bar=AGAIN_BAR, seconds=20, broker="sqs")
def sqs_restarted(stage: Stage, chance: Random) -> None:
    stage.broker.restart()


@fault("SQS: frozen for some seconds", bar=STALL_BAR, seconds=8, redis_only=True, broker="sqs")
def sqs_frozen(stage: Stage, chance: Random) -> None:
    stage.broker.signal_group(SIGSTOP)
    time.sleep(chance.uniform(1, 8))
    stage.broker.signal_group(SIGCONT)


@fault("SQS: malformed messages of every kind", bar=20, seconds=5, broker="sqs")
def sqs_malformed(stage: Stage, chance: Random) -> str:
    queues = stage.broker.queues()
    rows = stage.books.rows(
        "SELECT q.name, min(s.name) FROM bus_subscription s JOIN bus_queue q ON q.id = s.queue_id "
        "GROUP BY q.name"
    )
    pushed = 0
    for queue, task in rows:
        if queue not in queues:
            continue
        bodies = [_text(item) for item in forgery.malformed(task, queue).values()]
        bodies = [body for body in bodies if 0 < len(body) < LARGEST]
        chance.shuffle(bodies)
        stage.broker.publish(queue, *bodies)
        pushed += len(bodies)
    if not pushed:
        raise Missed("There are no queues.")
    return f"{pushed} messages"


def _text(item: bytes) -> str:
    """As SQS accepts it: as text, or in base64."""
    try:
        return item.decode("ascii")
    except UnicodeDecodeError:
        return b64encode(item).decode()
