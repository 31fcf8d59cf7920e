"""What a fault is, and the list of all."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from tests.chaos.brokers import FAMILIES
from tests.chaos.stage import Stage
from tests.support.proxy import Wire


class Missed(Exception):
    """The fault found nothing to hurt, so it counts for nothing."""


@contextmanager
def or_missed() -> Iterator[None]:
    """A wait in vain for a process to hurt is a miss."""
    try:
        yield
    except TimeoutError as error:
        raise Missed(str(error)) from error


Run = Callable[[Stage, Random], str | None]
"""Does the fault; what it returns, a figure that it measured for example, goes to the history.

Raises `Missed` where there was nothing to hurt.
"""


def nothing_lacks() -> str:
    return ""


def nothing_to_prepare(_stage: Stage) -> None:
    pass


@dataclass(frozen=True)
class Fault:
    """One way to hurt the shop. `run` does it, waits as long as it lasts, and heals it.

    `bar` is the recovery bar: so many seconds after its end an order that is placed then must be
    done in full. `seconds` is how long it lasts at most. What is not `at_random` takes too long
    for the dice, and is run by its name alone. `redis_only` says that nothing but the broker is
    away, so that checkouts must be answered as fast as ever meanwhile. `lacks` says in a sentence
    why the fault cannot be done on this machine, or is empty. `prepare` is done to the stage of a
    campaign that may do the fault, before anything runs on it.
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
    sqlite_only: bool = False
    lacks: Callable[[], str] = nothing_lacks
    prepare: Callable[[Stage], None] = nothing_to_prepare
    broker: str = ""
    """The one family of brokers that it can be done to, `ANY` of them, or empty."""

    def unfit(self, database: str, broker: str = "redis") -> str:
        """Why it cannot be done on that database, broker and machine; empty if it can."""
        if self.broker == ANY:
            if broker == "none":
                return "needs a broker: leave BROKER out."
        elif self.broker not in ("", FAMILIES.get(broker, broker)):
            return f"needs {self.broker}: say BROKER={self.broker}."
        if self.postgres_only and database != "postgres":
            return "needs PostgreSQL: say DATABASE=postgres."
        if self.sqlite_only and database != "sqlite":
            return "needs SQLite: say DATABASE=sqlite."
        return self.lacks()


ANY = "any"

_faults: dict[str, Fault] = {}


def fault(
    what: str,
    *,
    bar: float,
    seconds: float = 1,
    at_random: bool = True,
    postgres_only: bool = False,
    redis_only: bool = False,
    sqlite_only: bool = False,
    lacks: Callable[[], str] = nothing_lacks,
    prepare: Callable[[Stage], None] = nothing_to_prepare,
    name: str = "",
    broker: str = "",
) -> Callable[[Run], Run]:
    """Register a function as a fault; its name, with hyphens, is the fault's, if none is given.

    What takes away nothing but the broker is done to a Redis, if no other `broker` is named.
    """

    def register(run: Run) -> Run:
        called = name or run.__name__.replace("_", "-")
        family = run.__module__.rpartition(".")[2]
        _faults[called] = Fault(
            called, what, run, bar, seconds, at_random, postgres_only, redis_only, family,
            sqlite_only, lacks, prepare, broker or ("redis" if redis_only else ""),
        )  # fmt: skip
        return run

    return register


def known() -> dict[str, Fault]:
    """Every fault by its name."""
    return dict(_faults)


def heal(stage: Stage) -> None:
    """Everything as before any fault: disks, wires, providers, broker, clocks and processes."""
    for disk in stage.disks.values():
        disk.widen()
    for wire in (stage.broker_wire, stage.database_wire, stage.mail_wire, stage.warehouse_wire):
        if wire:
            wire.set(Wire.FINE)
    stage.mailbox.illness = stage.warehouse.illness = ""
    stage.mailbox.share = 1.0
    stage.broker.heal()
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
