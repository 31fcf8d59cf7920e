"""A broker that dies, is started again, or stalls, each within the bars of its kind."""

import time
from dataclasses import dataclass
from random import Random
from signal import SIGCONT, SIGSTOP

from tests.chaos.faults.fault import fault
from tests.chaos.stage import Stage


@dataclass(frozen=True)
class Kind:
    """`again` and `stalled` are recovery bars, and `start` is how long a start lasts at most."""

    broker: str
    what: str
    start: float
    again: float
    stalled: float
    keeps: bool = True
    """What it has stored stays when it is killed."""


KINDS = (
    # Workers and the relay connect anew every second; but on a small machine it is the start of
    # RabbitMQ itself that takes the time, so that checkouts are not judged meanwhile either. Who
    # only listens misses two heartbeats in 20 s, and connects anew.
    Kind("rabbitmq", "RabbitMQ", start=15, again=40, stalled=35),
    # A stall: a pull of 10 s, a question of 2 s, and a new connection.
    Kind("pubsub", "Pub/Sub", start=10, again=25, stalled=25),
    # What was in a lost answer is shown again after 20 s, and on a small machine the start itself
    # takes as long. A request that is not answered is given up after 15 s.
    Kind("sqs", "SQS", start=20, again=50, stalled=45, keeps=False),
)


def killed(stage: Stage, chance: Random) -> None:
    stage.broker.kill(hold=True)
    time.sleep(chance.uniform(0, 2))
    stage.broker.revive()


def restarted(stage: Stage, chance: Random) -> None:
    stage.broker.restart()


def frozen(stage: Stage, chance: Random) -> None:
    stage.broker.signal_group(SIGSTOP)
    time.sleep(chance.uniform(1, 8))
    stage.broker.signal_group(SIGCONT)


for kind in KINDS:
    fault(
        f"{kind.what}: stopped, and started again", name=f"{kind.broker}-restarted",
        bar=kind.again, seconds=kind.start, broker=kind.broker,
    )(restarted)  # fmt: skip
    fault(
        f"{kind.what}: frozen for some seconds", name=f"{kind.broker}-frozen",
        bar=kind.stalled, seconds=8, redis_only=True, broker=kind.broker,
    )(frozen)  # fmt: skip
    if kind.keeps:
        fault(
            f"{kind.what}: kill -9, and back with what it had stored",
            name=f"{kind.broker}-killed", bar=kind.again, seconds=10, broker=kind.broker,
        )(killed)  # fmt: skip
