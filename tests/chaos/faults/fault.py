"""What a fault is, and the list of all."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.chaos.proxy import Wire
from tests.chaos.stage import Stage

Run = Callable[[Stage, Random], str | None]


@dataclass(frozen=True)
class Fault:
    """One way to hurt the shop. `run` does it, waits as long as it lasts, and heals it.

    `bar` is the recovery bar: so many seconds after its end an order that is placed then must be
    done in full. `seconds` is how long it lasts at most. What is not `at_random` takes too long
    for the dice, and is run by its name alone. `redis_only` says that nothing but Redis is away,
    so that checkouts must be answered as fast as ever meanwhile.
    """

    name: str
    what: str
    run: Run
    bar: float
    seconds: float
    at_random: bool
    postgres_only: bool
    redis_only: bool
    family: str


_faults: dict[str, Fault] = {}


def fault(
    what: str,
    *,
    bar: float,
    seconds: float = 1,
    at_random: bool = True,
    postgres_only: bool = False,
    redis_only: bool = False,
    name: str = "",
) -> Callable[[Run], Run]:
    """Register a function as a fault; its name, with hyphens, is the fault's, if none is given."""

    def register(run: Run) -> Run:
        called = name or run.__name__.replace("_", "-")
        family = run.__module__.rpartition(".")[2]
        _faults[called] = Fault(
            called, what, run, bar, seconds, at_random, postgres_only, redis_only, family
        )
        return run

    return register


def known() -> dict[str, Fault]:
    """Every fault by its name."""
    return dict(_faults)


def heal(stage: Stage) -> None:
    """Everything as it was before any fault: wires, providers, Redis, clocks and processes."""
    for wire in (stage.redis_wire, stage.database_wire, stage.mail_wire, stage.warehouse_wire):
        if wire:
            wire.set(Wire.FINE)
    stage.mailbox.illness = stage.warehouse.illness = ""
    stage.mailbox.share = 1.0
    stage.redis.heal()
    if stage.postgres:
        stage.postgres.signal_group(signal.SIGCONT)
        if not stage.postgres.alive:
            stage.postgres.open()
    for child in stage.shop.values():
        child.signal_group(signal.SIGCONT)
        if child.extra:
            child.extra = {}
            child.kill()
        child.held = False
