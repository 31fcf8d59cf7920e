"""A shop in miniature: two facts, and one reaction of each kind that the bus knows."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import count

from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection, transaction

from bus import AfterDone, Ambiguous, Fact, Queue, Retry, TryLater, publish, subscribe

NAME = f"{__name__}." + "{}"

LANE = Queue("lane", ordered=True)
FREE = Queue("free")
RETRY = Retry(
    on=(ConnectionError,),
    times=3,
    first_wait=timedelta(seconds=10),
    longest_wait=timedelta(minutes=1),
)


class Placed(Fact, frozen=True, kw_only=True):
    """`poison` names the reaction that can never digest it."""

    about: str
    number: int
    poison: str = ""

    @property
    def stream(self) -> str:
        return self.about


class Booked(Fact, frozen=True, kw_only=True):
    """What `book` states when it is done."""

    about: str
    number: int

    @property
    def stream(self) -> str:
        return self.about


class Trouble(StrEnum):
    """What can happen to a handler once."""

    REFUSED = "refused"
    LATER = "asked to come later"
    DATABASE = "deadlock"
    SOFT_LIMIT = "soft time limit"
    REPLY_LOST = "committed, and the reply is lost"
    AMBIGUOUS = "nobody can tell whether it happened"
    UNRECORDED = "it happened and cannot be recorded"
    SLOW = "more than half the soft limit"


@dataclass
class Clock:
    """The clock inside a worker, in the place of the module `time`."""

    now: float = 0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def note(text: str) -> None:
    """An effect in the database, in the plainest way: histories are many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bus_operatoraction (at, who, what, subject, count, why) "
            "VALUES (CURRENT_TIMESTAMP, 'toys', 'effect', %s, 1, '')",
            [text],
        )


def lose_reply() -> None:
    raise OperationalError("the connection was lost after COMMIT")


@dataclass
class Toys:
    """The handlers, what they were told to suffer, and what arrived at the other side."""

    clock: Clock = field(default_factory=Clock)
    troubles: defaultdict[str, deque[Trouble]] = field(default_factory=lambda: defaultdict(deque))
    begun: Counter[str] = field(default_factory=Counter)
    """Bodies, by reaction."""
    keys: defaultdict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    """The keys of all calls to the other side, by reaction and number of the fact."""
    unrecorded: Counter[int] = field(default_factory=Counter)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def reset(self) -> None:
        """Forget everything; the handlers stay the same objects."""
        self.__init__()  # type: ignore[misc]  # starts afresh

    def subscribe(self) -> None:
        """Subscribe all handlers; the newcomer is not registered before a history says so."""
        subscribe(Placed, queue=LANE, retry=RETRY, batch=3)(self.book)
        subscribe(Placed, queue=LANE, retry=RETRY, batch=2, outside=True, repeatable=True)(
            self.ship
        )
        subscribe(Placed, queue=FREE, retry=RETRY, batch=3)(self.tally)
        subscribe(Placed, queue=FREE, retry=RETRY, batch=3, outside=True)(self.mail)
        subscribe(Booked, queue=LANE, retry=RETRY, batch=2)(self.answer)
        subscribe(Placed, queue=LANE, retry=RETRY, batch=2)(self.newcomer)

    def book(self, fact: Placed) -> None:
        """Atomic, in lanes, and states what follows."""
        self._effect("book", fact)
        publish(Booked(about=fact.about, number=next(self.numbers)))

    def answer(self, fact: Booked) -> None:
        """Atomic, in lanes, to a fact that another reaction of the queue states."""
        self._effect("answer", fact)

    def newcomer(self, fact: Placed) -> None:
        """Atomic, in lanes, registered when others have been at work for long."""
        self._effect("newcomer", fact)

    def tally(self, facts: list[Placed]) -> None:
        """Atomic, a whole batch at a time."""
        for fact in facts:
            self._effect("tally", fact)

    def ship(self, fact: Placed, key: str) -> AfterDone:
        """Outside; the other side honours the key."""
        return self._call("ship", fact, key)

    def mail(self, fact: Placed, key: str) -> AfterDone:
        """Outside; the other side takes every call for a new one."""
        return self._call("mail", fact, key)

    def _effect(self, reaction: str, fact: Placed | Booked) -> None:
        note(f"{reaction} {fact.number}")
        trouble = self._begin(reaction, fact)
        if trouble == Trouble.REPLY_LOST:
            transaction.on_commit(lose_reply)
        self._stumble(trouble)

    def _call(self, reaction: str, fact: Placed, key: str) -> AfterDone:
        trouble = self._begin(reaction, fact)
        if trouble not in IN_DOUBT:
            self._stumble(trouble)
        self.keys[reaction, fact.number].append(key)
        self._stumble(trouble)

        def after() -> None:
            note(f"{reaction} {fact.number}")
            if trouble == Trouble.REPLY_LOST:
                transaction.on_commit(lose_reply)
            if trouble == Trouble.UNRECORDED:
                self.unrecorded[fact.number] += 1
                raise ConnectionError

        return after

    def _begin(self, reaction: str, fact: Placed | Booked) -> Trouble | None:
        self.begun[reaction] += 1
        if isinstance(fact, Placed) and fact.poison == reaction:
            raise ValueError("poison")
        return self.troubles[reaction].popleft() if self.troubles[reaction] else None

    def _stumble(self, trouble: Trouble | None) -> None:
        if trouble == Trouble.SLOW:
            self.clock.sleep(1000)
        if trouble in ERRORS:
            raise ERRORS[trouble]()


IN_DOUBT = (Trouble.AMBIGUOUS, Trouble.SOFT_LIMIT)
"""Such trouble comes when the other side has been called."""

ERRORS: dict[Trouble | None, Callable[[], Exception]] = {
    Trouble.REFUSED: ConnectionError,
    Trouble.LATER: lambda: TryLater("busy", timedelta(seconds=30)),
    Trouble.DATABASE: OperationalError,
    Trouble.SOFT_LIMIT: SoftTimeLimitExceeded,
    Trouble.AMBIGUOUS: lambda: Ambiguous("no answer"),
}
