"""The histories: any of these steps, in any order."""

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

from django.db import OperationalError
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bus.store.claims import Batch
from bus.tests.model.invariants import check
from bus.tests.model.processes import Killed
from bus.tests.model.rest import come_to_rest
from bus.tests.model.toys import NAME, Trouble
from bus.tests.model.world import OLD_HANDS, Fate, World

TOYS = ["book", "ship", "tally", "mail", "answer", "remind", "newcomer"]
OUTSIDE = ["ship", "mail"]
INSIDE = ["book", "tally", "answer", "remind", "newcomer"]

any_number = st.integers(0, 30)
mortal = st.one_of(st.none(), st.integers(0, 6))
"""After how many statements the process dies, if at all."""
mostly_immortal = st.one_of(st.none(), st.none(), mortal)
mostly = st.sampled_from([True, True, True, False])
mostly_not = st.sampled_from([False, False, False, True])
operations = st.sampled_from(
    ["pause", "resume", "retire", "register", "register", "backfill", "backfill", "drain"]
    + ["deliver_again", "discard"] * 2
)
streams = st.sampled_from(["a", "aa", "ab", "aba", "abc"])
poison = st.sampled_from(["", "", "", *TOYS])
outside_trouble = st.tuples(st.sampled_from(OUTSIDE), st.sampled_from(Trouble))
inside_trouble = st.tuples(
    st.sampled_from(INSIDE),
    st.sampled_from(
        [Trouble.REFUSED, Trouble.LATER, Trouble.DATABASE, Trouble.SOFT_LIMIT, Trouble.REPLY_LOST]
    ),
)


class End(StrEnum):
    """How a history ends. Coming to rest takes longer than all the rest."""

    BROKEN_OFF = "broken off"
    REST = "all is at rest"
    AGAIN = "all is at rest, and done again"


small_shops = st.sets(st.sampled_from(OLD_HANDS), min_size=1, max_size=3)
"""Few handlers at a time, as few events: small worlds have the same faults, sooner."""

ends = st.sampled_from([End.BROKEN_OFF] * 4 + [End.REST] * 3 + [End.AGAIN])

MOST_EVENTS = 6


class Histories(RuleBasedStateMachine):
    """One instance is one history."""

    world: ClassVar[World]
    count: ClassVar[int] = 0
    end: End = End.BROKEN_OFF

    def __init__(self) -> None:
        super().__init__()
        type(self).count += 1

    @invariant()
    def all_is_well(self) -> None:
        check(self.world)

    def teardown(self) -> None:
        if self.end != End.BROKEN_OFF:
            come_to_rest(self.world, again=self.end == End.AGAIN)

    # --- publisher and relay ---

    @initialize(toys=small_shops, streams=streams, end=ends)
    def begin(self, toys: set[str], streams: str, end: End) -> None:
        self.end = end
        self.world.begin(toys)
        self.world.place(streams)
        self.world.relay()

    @precondition(lambda self: len(self.world.memory.before.events) < MOST_EVENTS)
    @rule(streams=streams, poison=poison, statements=mostly_immortal, relayed=mostly)
    def place(self, streams: str, poison: str, statements: int | None, relayed: bool) -> None:
        self.world.place(streams, poison=poison, statements=statements)
        if relayed:
            self.world.relay()

    @rule(fate=st.sampled_from([Fate.SENT, *Fate]), statements=mortal, slow=mostly_not, sees=mostly)
    def relay(self, fate: Fate, statements: int | None, slow: bool, sees: bool) -> None:
        if slow:
            self.world.poll()
        else:
            self.world.relay(fate, statements, sees=sees)

    @precondition(lambda self: self.world.looks)
    @rule(number=any_number)
    def slow_relay_claims(self, number: int) -> None:
        self.world.claim_by(number % len(self.world.looks))

    # --- the broker and the workers ---

    @precondition(lambda self: self.world.broker)
    @rule(fault=st.sampled_from(["lose", "double", "double", "forge", "empty"]), number=any_number)
    def broker(self, fault: str, number: int) -> None:
        at = number % len(self.world.broker)
        batch = self.world.broker[at]
        if fault == "lose":
            del self.world.broker[at]
        elif fault == "double":
            self.world.broker.append(batch)
        elif fault == "forge":
            other = NAME.format(TOYS[number % len(TOYS)])
            self.world.broker.append(Batch(other, batch.queue, batch.tickets))
        else:
            self.world.empty_broker(survivors=number % 3)

    @precondition(lambda self: self.world.broker)
    @rule(number=any_number)
    def work(self, number: int) -> None:
        self.world.work(self.message(number))

    @precondition(lambda self: self.world.broker)
    @rule(
        number=any_number,
        statements=st.integers(0, 10),
        strike=st.sampled_from([Killed, Killed, OperationalError]),
    )
    def work_struck(self, number: int, statements: int, strike: type[BaseException]) -> None:
        self.world.work(self.message(number), statements=statements, strike=strike)

    @precondition(lambda self: self.world.broker)
    @rule(number=any_number, freeze_in=st.integers(0, 2))
    def work_frozen(self, number: int, freeze_in: int) -> None:
        self.world.work(self.message(number), freeze_in=freeze_in)

    @precondition(lambda self: self.world.frozen)
    @rule(number=any_number, end=st.sampled_from(["thaw", "refreeze", "kill"]))
    def wake(self, number: int, end: str) -> None:
        at = number % len(self.world.frozen)
        if end == "kill":
            self.world.kill(at)
        else:
            self.world.thaw(at, freeze_in=0 if end == "refreeze" else None)

    def message(self, number: int) -> Batch:
        return self.world.broker.pop(number % len(self.world.broker))

    @precondition(lambda self: not any(self.world.toys.troubles.values()))
    @rule(trouble=st.one_of(outside_trouble, inside_trouble))
    def trouble(self, trouble: tuple[str, Trouble]) -> None:
        toy, kind = trouble
        self.world.toys.troubles[toy].append(kind)

    # --- time and the operator ---

    @rule(seconds=st.sampled_from([26, 100, 3600]), relayed=mostly)
    def pass_time(self, seconds: float, relayed: bool) -> None:
        self.world.pass_time(timedelta(seconds=seconds))
        if relayed:
            self.world.relay()

    @rule(
        operation=operations,
        toy=st.sampled_from(TOYS),
        number=any_number,
        statements=mostly_immortal,
    )
    def operate(self, operation: str, toy: str, number: int, statements: int | None) -> None:
        if operation in ("pause", "resume", "retire"):
            self.world.operate(operation, NAME.format(toy), statements)
        elif operation in ("deliver_again", "discard"):
            self.world.operate_on(operation, number, statements)
        elif operation == "register":
            self.world.register_all(statements)
        elif operation == "backfill":
            self.world.step_backfill(1 + number % 3, statements)
        else:
            self.world.drain()
