"""Queries about one stream, for pages of those whom it concerns."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, Max, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from bus import handlers
from bus.models import IN_FLIGHT, OPEN, Delivery, Event, FailedAttempt, State

LONGEST_ID = 19
"""Digits of the largest number that the databases store."""


def in_progress(stream: str) -> bool:
    """Whether the stream has an event to fan out, or a delivery that is waiting or in flight."""
    at_work = Delivery.objects.filter(event=OuterRef("pk"), state__in=[State.WAITING, *IN_FLIGHT])
    going = Event.objects.filter(Q(outbox__isnull=False) | Exists(at_work), stream=stream)
    return going.exists()


@dataclass(frozen=True)
class StageState:
    """The state of one delivery whose handler declares a stage."""

    stage: str
    state: str
    at: datetime
    """When it was done or died, or else when it is due."""


def declared_stages(stream: str) -> list[StageState]:
    """The stream's deliveries whose handler declares a stage, in the order of the events.

    Done and discarded ones are pruned after a while; open and dead ones are not.
    """
    stages = {one.name: one.stage for one in handlers.declared() if one.stage}
    rows = (
        Delivery.objects.filter(event__stream=stream, subscription__name__in=stages)
        .order_by("event_id", "id")
        .values_list("subscription__name", "state", Coalesce("closed_at", "due_at"))
    )
    return [StageState(stages[name], state, at) for name, state, at in rows]


@dataclass(frozen=True)
class Published:
    """An event without its personal data. Events are never pruned."""

    type: str
    data: dict[str, Any]
    at: datetime


def events_of(stream: str) -> list[Published]:
    """All events of the stream, oldest first."""
    rows = Event.objects.filter(stream=stream).order_by("id")
    return [Published(*row) for row in rows.values_list("type", "data", "at")]


def marks(streams: Collection[str]) -> dict[str, str]:
    """A short text for each stream that has events: another one whenever its progress is another.

    One query: a new event, and a delivery that is added, done, dead, discarded or due again.
    """
    open_ones = Q(delivery__state__in=[State.WAITING, *IN_FLIGHT])
    rows = (
        Event.objects.filter(stream__in=streams)
        .values("stream")
        .annotate(
            Max("id"),
            Count("outbox"),
            open=Count("delivery", filter=open_ones),
            dead=Count("delivery", filter=Q(delivery__state=State.DEAD)),
            closed=Count("delivery", filter=Q(delivery__closed_at__isnull=False)),
        )
        .values_list("stream", "id__max", "outbox__count", "open", "dead", "closed")
    )
    return {stream: "-".join(map(str, parts)) for stream, *parts in rows}


@dataclass(frozen=True)
class FailedTry:
    """One attempt that failed. `kind` is the path of the error's class; `text` what it said,
    without personal data."""

    number: int
    at: datetime
    kind: str
    text: str
    lasted: timedelta | None


@dataclass(frozen=True)
class TimelineDelivery:
    """One delivery of an event, without the texts of its personal data.

    Times are by the database's clock. `retry_at` is None unless a try has failed; `closed_at` is
    set once it is done, dead or discarded. `blocked_by` is the delivery of the same lane, by its
    id, that has to end first.
    """

    id: int
    subscription: str
    queue: str
    state: str
    attempts: int
    due_at: datetime
    due_since: datetime
    retry_at: datetime | None
    lease_until: datetime | None
    closed_at: datetime | None
    error: str
    """The last line of the last error, which names it."""
    blocked_by: int | None
    failed: tuple[FailedTry, ...] = ()
    """Its failed attempts, the oldest first; of many the first and the last ones are kept."""

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def due_later(self) -> bool:
        """It waits for its time, and not because a try has failed."""
        return self.state == State.WAITING and not self.retry_at and self.due_at > timezone.now()


@dataclass(frozen=True)
class TimelineEvent:
    """One event of a stream with its deliveries. Finished deliveries are pruned after a while."""

    id: int
    uuid: UUID
    type: str
    at: datetime
    key: str | None
    correlation: UUID
    causation: UUID | None
    fanned_out: bool
    deliveries: tuple[TimelineDelivery, ...]


def timeline(stream: str) -> list[TimelineEvent]:
    """Every event of the stream, oldest first, with its deliveries and their failed attempts;
    three queries, however many.

    Empty if no event was published in the stream. Reads no personal data.
    """
    events = Event.objects.filter(stream=stream).order_by("id").defer("data")
    # The events first: a delivery that is fanned out in between is shown, and none is missing.
    rows = list(events.annotate(waits=F("outbox__pk")))
    deliveries = _deliveries([row.pk for row in rows])
    return [
        TimelineEvent(
            id=row.pk,
            uuid=row.uuid,
            type=row.type,
            at=row.at,
            key=row.key,
            correlation=row.correlation,
            causation=row.causation,
            fanned_out=row.waits is None,
            deliveries=tuple(deliveries.get(row.pk, ())),
        )
        for row in rows
    ]


def _deliveries(events: list[int]) -> dict[int, list[TimelineDelivery]]:
    rows = (
        Delivery.objects.filter(event_id__in=events)
        .order_by("event_id", "id")
        .select_related("subscription", "queue")
    )
    tries: dict[int, list[FailedTry]] = {}
    for one in FailedAttempt.objects.filter(delivery__event_id__in=events).order_by("id"):
        shown = FailedTry(one.number, one.at, one.kind, last_line(one.text), one.lasted)
        tries.setdefault(one.delivery_id, []).append(shown)
    found: dict[int, list[TimelineDelivery]] = {}
    heads: dict[int, int] = {}
    for row in rows:
        is_in_lane = row.ordered and row.state in OPEN
        head = heads.setdefault(row.queue_id, row.pk) if is_in_lane else row.pk
        found.setdefault(row.event_id, []).append(
            TimelineDelivery(
                id=row.pk,
                subscription=row.subscription.name,
                queue=row.queue.name,
                state=row.state,
                attempts=row.attempts,
                due_at=row.due_at,
                due_since=row.due_since,
                retry_at=row.retry_at,
                lease_until=row.lease_until,
                closed_at=row.closed_at,
                error=last_line(row.error),
                blocked_by=None if head == row.pk else head,
                failed=tuple(tries.get(row.pk, ())),
            )
        )
    return found


def last_line(error: str) -> str:
    """The line of a traceback that names the error."""
    return "".join(error.strip().splitlines()[-1:])


class Verdict(StrEnum):
    """What is left to do in a stream."""

    SETTLED = "settled"
    IN_PROGRESS = "in progress"
    DEAD = "needs a person"


def verdict(events: Iterable[TimelineEvent]) -> Verdict:
    """The worst of these events: a dead delivery, else one that is open or not fanned out."""
    shown = list(events)
    states = {one.state for event in shown for one in event.deliveries}
    if State.DEAD in states:
        return Verdict.DEAD
    going = states & {State.WAITING, *IN_FLIGHT} or not all(event.fanned_out for event in shown)
    return Verdict.IN_PROGRESS if going else Verdict.SETTLED


def stream_of(name: str) -> str | None:
    """The stream of this name, or of the event with this id; None if there is neither."""
    events = Event.objects.values_list("stream", flat=True)
    if stream := events.filter(stream=name).first():
        return stream
    return events.filter(pk=int(name)).first() if is_id(name) else None


def is_id(text: str) -> bool:
    """Whether the text can be an event's number. Python refuses to read one of 5,000 digits."""
    plain = len(text) <= LONGEST_ID and text.isascii() and text.isdecimal()
    return plain and 0 < int(text) < 2**63


def stream_of_uuid(uuid: UUID) -> str | None:
    """The stream of the event with this UUID. It has no index: this reads all events."""
    return Event.objects.filter(uuid=uuid).values_list("stream", flat=True).first()
