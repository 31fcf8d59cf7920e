"""Wires that are cut, clogged or slow: to the broker, the database, the mail, the warehouse."""

import time
from collections.abc import Callable
from random import Random

from tests.chaos.faults.fault import Run, fault
from tests.chaos.stage import Stage
from tests.support.proxy import Proxy, Wire

LONGEST = 8

BARS = {
    "redis": 12,
    "rabbitmq": 30,
    "sqs": 45,
    "pubsub": 25,
    "database": 20,
    "mail": 30,
    "warehouse": 30,
}
"""Seconds. Who waits for an answer that never comes gives up after 5 s (Redis), after two missing
heartbeats in 20 s (RabbitMQ), 15 s (SQS), 12 s (Pub/Sub) or 20 s (mail and warehouse), and a
database that is back finds the relay pausing for a second. What SQS had put into an answer that was
lost it shows again after 20 s."""
HALF_OPEN_BARS = BARS | {"redis": 25, "rabbitmq": 35, "pubsub": 35, "database": 40}
"""Seconds. Who only listens asks Redis after 10 s, gives it 5 s to answer, and connects anew; and
is told of a database that is gone after 25 s."""

BROKERS = ("redis", "rabbitmq", "sqs", "pubsub")

Hurt = Callable[[Proxy, Random], None]


def _lasting(mode: Wire) -> Hurt:
    """That mode for some seconds, in which other faults may set another one."""

    def hurt(wire: Proxy, chance: Random) -> None:
        wire.set(mode, latency=chance.uniform(0.02, 0.3))
        time.sleep(chance.uniform(1, LONGEST))
        wire.set(Wire.FINE)

    return hurt


def _several(breaking: Callable[[Proxy], None]) -> Hurt:
    """Break all connections up to four times, those made anew meanwhile among them."""

    def hurt(wire: Proxy, chance: Random) -> None:
        for _ in range(chance.randint(1, 4)):
            breaking(wire)
            time.sleep(chance.uniform(0, 1.5))

    return hurt


KINDS: dict[str, tuple[str, Hurt]] = {
    "dropped": ("nothing arrives, in both directions", _lasting(Wire.DROPPED)),
    "refused": ("connections are reset, and new ones refused", _lasting(Wire.REFUSED)),
    "reset": ("all connections are reset, up to four times", _several(Proxy.reset)),
    "half-open": ("the other side has forgotten all connections", _several(Proxy.half_open)),
    "unanswered": ("requests arrive, and answers never do", _lasting(Wire.NO_REPLIES)),
    "cut": ("cut between request and answer, each time", _lasting(Wire.CUT)),
    "slow": ("each piece comes late", _lasting(Wire.SLOW)),
}


def _commits(mode: Wire) -> Hurt:
    """Cut some of the commits, those of the web, of workers and of the relay."""

    def hurt(wire: Proxy, chance: Random) -> None:
        wire.set(mode, share=chance.uniform(0.2, 0.8))
        time.sleep(chance.uniform(2, LONGEST))
        wire.set(Wire.FINE)

    return hurt


COMMITS: dict[str, tuple[str, Hurt]] = {
    "commit-unanswered": (
        "cut between COMMIT and its answer (SQLite has no wire)",
        _commits(Wire.COMMIT_UNANSWERED),
    ),
    "commit-lost": ("cut before COMMIT arrives (SQLite has no wire)", _commits(Wire.COMMIT_LOST)),
}
"""PostgreSQL alone: between SQLite and who uses it there is no wire, and no answer to lose."""


def _run(wire: str, hurt: Hurt) -> Run:
    def run(stage: Stage, chance: Random) -> None:
        hurt(getattr(stage, f"{'broker' if wire in BROKERS else wire}_wire"), chance)

    run.__module__ = __name__
    return run


for _wire in BARS:
    for _kind, (_what, _hurt) in (KINDS | (COMMITS if _wire == "database" else {})).items():
        fault(
            f"wire to {_wire}: {_what}",
            name=f"{_wire}-wire-{_kind}",
            bar=(HALF_OPEN_BARS if _kind == "half-open" else BARS)[_wire],
            seconds=LONGEST,
            postgres_only=_wire == "database",
            redis_only=_wire in BROKERS,
            broker=_wire if _wire in BROKERS else "",
        )(_run(_wire, _hurt))
