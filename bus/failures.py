"""Groups of failures: open deliveries that failed in the same way at the same place."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from bus.models import OPEN, Delivery, FailedAttempt, FailureNote, State
from bus.store import failures


@dataclass(frozen=True)
class FailureGroup:
    """Open deliveries of one subscription whose last failure has one kind and place."""

    key: str
    subscription: str
    queue: str
    dead: int
    retrying: int
    """Waiting for another try, or at it."""
    first_at: datetime
    last: FailedAttempt
    stream: str
    """Of the delivery whose attempt was the last to fail."""
    note: FailureNote | None

    @property
    def kind(self) -> str:
        """The kind of the error, without its module."""
        return self.last.kind.rpartition(".")[2]

    @property
    def says(self) -> str:
        """The last line of the last error's text, without the kind."""
        line = "".join(self.last.text.strip().splitlines()[-1:])
        return line.removeprefix(f"{self.last.kind}: ")

    @property
    def last_at(self) -> datetime:
        return self.last.at


def failure_groups() -> list[FailureGroup]:
    """All groups, in four queries; those with most dead deliveries first."""
    return _read("")


def failure_group(key: str) -> FailureGroup | None:
    """The group with this key; None if nothing of it is open."""
    return next(iter(_read(key)), None)


def _read(key: str) -> list[FailureGroup]:
    found = failures.groups(key)
    # Many: a group is a place in the code, and so far fewer than what SQL takes as parameters.
    firsts = FailedAttempt.objects.filter(pk__in=[first for *_, first, _last in found])
    first_at = dict(firsts.values_list("pk", "at"))
    # Without the rows that they belong to: building these takes longer than all else here.
    lasts = FailedAttempt.objects.annotate(
        subscription=F("delivery__subscription__name"),
        queue=F("delivery__queue__name"),
        stream=F("delivery__stream"),
    ).in_bulk([last for *_, last in found])
    notes = FailureNote.objects.in_bulk([name for name, *_ in found])
    return [
        FailureGroup(
            key=name,
            subscription=lasts[last].subscription,
            queue=lasts[last].queue,
            dead=dead,
            retrying=retrying,
            first_at=first_at[first],
            last=lasts[last],
            stream=lasts[last].stream,
            note=notes.get(name),
        )
        for name, dead, retrying, first, last in found
        if first in first_at and last in lasts
    ]


def deliveries_of(key: str) -> QuerySet[Delivery]:
    """The open deliveries of a group, dead ones first, the oldest of each state first."""
    return Delivery.objects.filter(failure_key=key, state__in=OPEN).order_by("state", "id")


def retrying() -> int:
    """How many deliveries have failed and are tried again."""
    return Delivery.objects.filter(failure_key__isnull=False, state=State.WAITING).count()


def dead_without_group(groups: list[FailureGroup]) -> int:
    """How many deliveries died before failures were kept: those that are in none of the groups.

    By a difference: counting them would read every dead delivery.
    """
    dead = Delivery.objects.filter(state=State.DEAD).count()
    return max(0, dead - sum(one.dead for one in groups))
