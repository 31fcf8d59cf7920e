"""A shop in miniature: two events, and one handler of each kind that the bus knows."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import count

from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection, transaction

from bus import AfterDone, Ambiguous, DomainEvent, Queue, Retry, TryLater, publish, subscribe

NAME = f"{__name__}." + "{}"

LANE = Queue("lane", ordered=True)
FREE = Queue("free", at_once=4)
REMIND_AFTER = timedelta(minutes=2)
RETRY = Retry(
    on=(ConnectionError,),
    times=3,
    first_wait=timedelta(seconds=10),
    longest_wait=timedelta(minutes=1),
)


class Placed(DomainEvent, frozen=True, kw_only=True):
    """`poison` names the handler that can never digest it."""

    about: str
    number: int
    poison: str = ""

    @property
    def stream(self) -> str:
        return self.about


class Booked(DomainEvent, frozen=True, kw_only=True):
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
    """Bodies, by handler."""
    keys: defaultdict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    """The keys of all calls to the other side, by handler and number of the event."""
    unrecorded: Counter[int] = field(default_factory=Counter)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def reset(self) -> None:
        """Forget everything; the handlers stay the same objects."""
        self.__init__()  # type: ignore[misc]  # starts afresh

    def subscribe(self) -> None:
        """Subscribe all handlers; the newcomer is not registered before a history says so."""
        subscribe(Placed, queue=LANE, retry=RETRY, batch=3)(self.book)
        subscribe(Placed, queue=LANE, retry=RETRY, batch=2, external=True, repeatable=True)(
            self.ship
        )
        subscribe(Placed, queue=FREE, retry=RETRY, batch=3)(self.tally)
        subscribe(Placed, queue=FREE, retry=RETRY, batch=3, external=True)(self.mail)
        subscribe(Booked, queue=LANE, retry=RETRY, batch=2)(self.answer)
        subscribe(Placed, queue=FREE, retry=RETRY, batch=2, after=REMIND_AFTER, unless=Booked)(
            self.remind
        )
        subscribe(Placed, queue=LANE, retry=RETRY, batch=2)(self.newcomer)

    def book(self, event: Placed) -> None:
        """Atomic, in lanes, and states what follows."""
        self._effect("book", event)
        publish(Booked(about=event.about, number=next(self.numbers)))

    def answer(self, event: Booked) -> None:
        """Atomic, in lanes, to an event that another handler of the queue states."""
        self._effect("answer", event)

    def remind(self, event: Placed) -> None:
        """Atomic, after a while, and pointless once `book` is done."""
        self._effect("remind", event)

    def newcomer(self, event: Placed) -> None:
        """Atomic, in lanes, registered when others have been at work for long."""
        self._effect("newcomer", event)

    def tally(self, events: list[Placed]) -> None:
        """Atomic, a whole batch at a time."""
        for event in events:
            self._effect("tally", event)

    def ship(self, event: Placed, key: str) -> AfterDone:
        """Outside; the other side honours the key."""
        return self._call("ship", event, key)

    def mail(self, event: Placed, key: str) -> AfterDone:
        """Outside; the other side takes every call for a new one."""
        return self._call("mail", event, key)

    def _effect(self, handler: str, event: Placed | Booked) -> None:
        note(f"{handler} {event.number}")
        trouble = self._begin(handler, event)
        if trouble == Trouble.REPLY_LOST:
            transaction.on_commit(lose_reply)
        self._stumble(trouble)

    def _call(self, handler: str, event: Placed, key: str) -> AfterDone:
        trouble = self._begin(handler, event)
        if trouble not in IN_DOUBT:
            self._stumble(trouble)
        self.keys[handler, event.number].append(key)
        self._stumble(trouble)

        def after() -> None:
            note(f"{handler} {event.number}")
            if trouble == Trouble.REPLY_LOST:
                transaction.on_commit(lose_reply)
            if trouble == Trouble.UNRECORDED:
                self.unrecorded[event.number] += 1
                raise ConnectionError

        return after

    def _begin(self, handler: str, event: Placed | Booked) -> Trouble | None:
        self.begun[handler] += 1
        if isinstance(event, Placed) and event.poison == handler:
            raise ValueError("poison")
        return self.troubles[handler].popleft() if self.troubles[handler] else None

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
