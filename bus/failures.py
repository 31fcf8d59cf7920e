"""Groups of failures: open deliveries that failed in the same way at the same place."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from bus.models import OPEN, Delivery, FailedAttempt, FailureNote, State
from bus.store import failures


@dataclass(frozen=True)
class FailureGroup:
    """Open deliveries of one subscription whose last failure has one kind and place."""

    key: str
    dead: int
    retrying: int
    """Waiting for another try, or at it."""
    first: FailedAttempt
    last: FailedAttempt
    note: FailureNote | None

    @property
    def subscription(self) -> str:
        return self.last.delivery.subscription.name

    @property
    def queue(self) -> str:
        return self.last.delivery.queue.name

    @property
    def event_type(self) -> str:
        return self.last.delivery.subscription.event_type

    @property
    def kind(self) -> str:
        """The kind of the error, without its module."""
        return self.last.kind.rpartition(".")[2]

    @property
    def count(self) -> int:
        return self.dead + self.retrying

    @property
    def says(self) -> str:
        """The last line of the last error's text, without the kind."""
        line = "".join(self.last.text.strip().splitlines()[-1:])
        return line.removeprefix(f"{self.last.kind}: ")

    @property
    def first_at(self) -> datetime:
        return self.first.at

    @property
    def last_at(self) -> datetime:
        return self.last.at


def failure_groups() -> list[FailureGroup]:
    """All groups, in three queries; those with most dead deliveries first."""
    return _read("")


def failure_group(key: str) -> FailureGroup | None:
    """The group with this key; None if nothing of it is open."""
    return next(iter(_read(key)), None)


def _read(key: str) -> list[FailureGroup]:
    found = failures.groups(key)
    ids = {pk for _key, _dead, _retrying, *ends in found for pk in ends if pk is not None}
    related = ("delivery__subscription", "delivery__queue")
    # Many: a group is a place in the code, and so far fewer than what SQL takes as parameters.
    attempts = FailedAttempt.objects.select_related(*related).in_bulk(ids)
    notes = FailureNote.objects.in_bulk([row[0] for row in found])
    return [
        FailureGroup(name, dead, retrying, attempts[first], attempts[last], notes.get(name))
        for name, dead, retrying, first, last in found
        if first in attempts and last in attempts
    ]


def deliveries_of(key: str) -> QuerySet[Delivery]:
    """The open deliveries of a group, dead ones first, the oldest of each state first."""
    return Delivery.objects.filter(failure_key=key, state__in=OPEN).order_by("state", "id")


def dead_without_group(groups: list[FailureGroup]) -> int:
    """How many deliveries died before failures were kept: those that are in none of the groups.

    By a difference: counting them would read every dead delivery.
    """
    dead = Delivery.objects.filter(state=State.DEAD).count()
    return max(0, dead - sum(one.dead for one in groups))
