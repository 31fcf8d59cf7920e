"""The deliveries that an operation is for, and their description in the log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime

from django.db.models import QuerySet
from django.utils.timezone import localtime

from bus.models import OPEN, Delivery, Queue, Subscription
from bus.ops.log import Refused, unknown

AT_ONCE = 500
"""Deliveries in one statement; databases limit its parameters."""


def in_calendar(at: datetime) -> bool:
    """Whether every time zone has this instant: a calendar's first and last year are cut off."""
    return MINYEAR < at.year < MAXYEAR


def counted(count: int) -> str:
    """The number in words, such as "1 delivery"."""
    return f"{count} {'delivery' if count == 1 else 'deliveries'}"


@dataclass(frozen=True)
class Filter:
    """An operator's filter; empty fields match everything.

    `since` (inclusive) and `until` (exclusive) are times of the event; `failure` is the key of a
    group of failures, which are open.
    """

    ids: tuple[int, ...] = ()
    subscription: str = ""
    queue: str = ""
    state: str = ""
    stream: str = ""
    failure: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return self != Filter()

    def __str__(self) -> str:
        words = [
            ("", self.state),
            ("of ", self.subscription),
            ("in queue ", self.queue),
            ("about ", self.stream),
            ("of the failures ", self.failure),
            ("since ", self.since and f"{localtime(self.since):%Y-%m-%d %H:%M:%S}"),
            ("until ", self.until and f"{localtime(self.until):%Y-%m-%d %H:%M:%S}"),
            ("", " ".join(map(str, self.ids))),
        ]
        return " ".join(["deliveries", *(f"{word}{value}" for word, value in words if value)])

    def rows(self) -> QuerySet[Delivery]:
        """What matches all fields but `ids`, which may be too many for one statement.

        Raises:
            Refused: there is no such subscription or queue; `since` is later than `until`.
        """
        if self.since and self.until and self.since > self.until:
            raise Refused(
                f"since ({self.since}) is later than until ({self.until}); exchange them."
            )
        _check(
            Subscription.objects.values_list("name", flat=True), "subscription", self.subscription
        )
        _check(Queue.objects.values_list("name", flat=True), "queue", self.queue)
        wanted = {
            "subscription__name": self.subscription,
            "queue__name": self.queue,
            "state": self.state,
            # By way of the event, which has an index for it however old it is.
            "event__stream": self.stream,
            "failure_key": self.failure,
            "event__at__gte": self.since,
            "event__at__lt": self.until,
        }
        rows = Delivery.objects.filter(**{name: value for name, value in wanted.items() if value})
        return rows.filter(state__in=OPEN) if self.failure else rows


def _check(known: Iterable[str], what: str, name: str) -> None:
    if name and name not in (names := list(known)):
        raise unknown(what, name, names, "manage.py subscriptions")


@dataclass(frozen=True)
class Selection:
    """Chosen deliveries: their ids, and the filter that they must still match."""

    ids: list[int]
    words: str
    rows: QuerySet[Delivery]

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def matching(cls, wanted: Filter) -> "Selection":
        """Everything that matches the filter now.

        Raises:
            Refused: see `Filter.rows`.
        """
        rows = wanted.rows()
        if wanted.ids:
            named = cls(sorted(set(wanted.ids)), str(wanted), rows)
            ids = [pk for some in named.steps() for pk in some.values_list("pk", flat=True)]
        else:
            ids = list(rows.values_list("pk", flat=True))
        return cls(sorted(ids), str(wanted), rows)

    @classmethod
    def of(cls, ids: Iterable[int]) -> "Selection":
        """The deliveries with these ids."""
        ids = sorted(ids)
        return cls(ids, str(Filter(ids=tuple(ids))), Delivery.objects.all())

    def steps(self) -> Iterator[QuerySet[Delivery]]:
        """The deliveries in steps of `AT_ONCE`, the oldest first."""
        for at in range(0, len(self.ids), AT_ONCE):
            yield self.rows.filter(pk__in=self.ids[at : at + AT_ONCE])
