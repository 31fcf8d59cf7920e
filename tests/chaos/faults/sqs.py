"""An SQS that gets malformed messages."""

from base64 import b64encode
from random import Random

from tests.chaos import forgery
from tests.chaos.faults.fault import Missed, fault
from tests.chaos.stage import Stage

LARGEST = 1024 * 1024
"""Characters of a message, by the rule of SQS."""


@fault("SQS: malformed messages of every kind", bar=20, seconds=5, broker="sqs")
def sqs_malformed(stage: Stage, chance: Random) -> str:
    queues = stage.broker.queues()
    pushed = 0
    for task, queue in stage.books.rows(forgery.ONE_TASK_OF_EACH_QUEUE):
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
