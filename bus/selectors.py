"""Queries on events and the ledger, for apps and pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import (
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    Value,
)
from django.db.models.functions import Coalesce, Now

from bus import conf
from bus.events import DomainEvent
from bus.handlers import by_name as declared
from bus.models import (
    INDEXED,
    OPEN,
    Delivery,
    Event,
    Outbox,
    Queue,
    RelayState,
    Subscription,
)

EventType = TypeVar("EventType", bound=DomainEvent)


@dataclass(frozen=True)
class HandlerState:
    """The delivery of one event of a stream to one handler."""

    app: str
    handler: str
    state: str
    attempts: int
    at: datetime
    """When it was done or died, or else when it is due."""


def handlers(stream: str) -> list[HandlerState]:
    """The deliveries of the stream's events so far, in the order of the events."""
    rows = (
        Delivery.objects.filter(event__stream=stream)
        .order_by("event_id", "id")
        .values_list("subscription__name", "state", "attempts", Coalesce("closed_at", "due_at"))
    )
    return [
        HandlerState(name.split(".")[0], name.rsplit(".", 1)[1], state, attempts, at)
        for name, state, attempts, at in rows
    ]


def settled(stream: str) -> bool:
    """True if the stream has no event to fan out and no open delivery, dead ones included."""
    unfinished = Delivery.objects.filter(event=OuterRef("pk"), state__in=OPEN)
    # One statement: between two an event could move from the outbox to the ledger unseen.
    outstanding = Event.objects.filter(Q(outbox__isnull=False) | Exists(unfinished), stream=stream)
    return not outstanding.exists()


@dataclass(frozen=True)
class QueueState:
    """The deliveries of one queue. `waiting` includes those that are due later.

    `oldest_at`: since when the oldest waiting or in-flight delivery has been open, however often it
    was sent or tried; in the future if all of them become due later.
    """

    name: str
    waiting: int
    in_flight: int
    dead: int
    oldest_at: datetime | None
    paused: bool


def queue_states() -> list[QueueState]:
    """Every queue, in the order of their names."""
    waiting, in_flight, dead = _open_by("queue_id")
    paused = Subscription.objects.filter(
        queue=OuterRef("pk"), paused_at__isnull=False, retired_at__isnull=True
    )
    nothing = (0, None)
    return [
        QueueState(
            name=queue.name,
            waiting=waiting.get(queue.pk, nothing)[0],
            in_flight=in_flight.get(queue.pk, nothing)[0],
            dead=dead.get(queue.pk, nothing)[0],
            oldest_at=_oldest(queue.pk, waiting, in_flight),
            paused=bool(queue.paused),
        )
        for queue in Queue.objects.order_by("name").annotate(paused=Exists(paused))
    ]


def oldest_by_subscription() -> dict[int, datetime]:
    """Since when the oldest delivery of each subscription that waits or is in flight has been
    open; subscriptions without one are left out."""
    waiting, in_flight, _dead = _open_by("subscription_id")
    keys = waiting.keys() | in_flight.keys()
    return {pk: at for pk in keys if (at := _oldest(pk, waiting, in_flight))}


Counts = dict[int, tuple[int, datetime | None]]
"""How many deliveries each queue or subscription has, and since when the first has been open."""


def _open_by(column: str) -> list[Counts]:
    """What each has waiting, in flight and dead, and since when the oldest has been open.

    Three queries in one statement, each with an index of its own: one query for all open
    deliveries would read the whole ledger.
    """
    one, *others = (
        Delivery.objects.filter(states)
        .annotate(part=Value(part))
        .values_list("part", column)
        .annotate(Count("id"), Min("due_since"))
        for part, states in enumerate(INDEXED)
    )
    found: list[Counts] = [{} for _states in INDEXED]
    for part, key, count, since in one.union(*others, all=True):
        found[part][key] = count, since
    return found


def _oldest(key: int, *parts: Counts) -> datetime | None:
    return min((at for part in parts if (at := part.get(key, (0, None))[1])), default=None)


@dataclass(frozen=True)
class OutboxState:
    """Events whose deliveries are not in the ledger yet."""

    count: int
    oldest_at: datetime | None


def outbox_state(older_than: timedelta = timedelta(0)) -> OutboxState:
    """The events that wait for their fan-out and were published longer ago than that."""
    waiting = Outbox.objects.filter(event__at__lte=Now() - older_than)
    found = waiting.aggregate(count=Count("pk"), oldest=Min("event__at"))
    return OutboxState(found["count"], found["oldest"])


SILENT_AFTER = timedelta(seconds=15)
"""A relay that has not written its state for so long, three heartbeats, is not running."""


@dataclass(frozen=True)
class BrokerState:
    """The broker's state as the relay last recorded it.

    `ok` is None if it is unknown: no relay has run yet, or none has since `at`.
    """

    ok: bool | None
    at: datetime | None
    error: str
    age: timedelta | None = None
    """Of the relay's last record, by the database's clock."""

    @property
    def silent(self) -> bool:
        return self.age is None or self.age > SILENT_AFTER

    @property
    def word(self) -> str:
        """In words, for operators."""
        if self.ok is None:
            return "not known"
        answers = "answers" if conf.has_broker() else "none"
        return answers if self.ok else self.error


def broker_state() -> BrokerState:
    age = ExpressionWrapper(Now() - F("looked_at"), output_field=DurationField())
    row = RelayState.objects.filter(pk=RelayState.THE_ROW).annotate(age=age).first()
    if row is None or row.looked_at is None:
        return BrokerState(ok=None, at=None, error="no relay has run yet")
    # Without a broker, what a relay once said of one is over.
    error = row.broker_error if conf.has_broker() else ""
    ok = None if row.age > SILENT_AFTER else not error
    return BrokerState(ok, row.looked_at, error, row.age)


def history(
    event: type[EventType], after: int = 0, *, personal: bool = True
) -> Iterator[tuple[int, EventType]]:
    """All events of a type after an event id, oldest first: the id and the event.

    The personal fields are `msgspec.UNSET` without `personal`, and once that data was erased.
    """
    rows = Event.objects.filter(type=event.__name__, id__gt=after).order_by("id")
    if personal:
        rows = rows.select_related("personal__person")
    for row in rows.iterator(chunk_size=1000):
        found = row.personal_data() if personal else None
        if found is None:
            yield row.pk, event.read_without_person(row.version, row.data)
        else:
            yield row.pk, event.read(row.version, row.data, found)


def unregistered(event: type[DomainEvent]) -> list[str]:
    """The declared handlers of this type that no worker has registered yet, and which would miss an
    event that is published now."""
    names = {one.name for one in declared.values() if one.event_type is event}
    there = Subscription.objects.filter(event_type=event.__name__, retired_at=None)
    return sorted(names - set(there.values_list("name", flat=True)))


def published(event: type[DomainEvent], stream: str) -> Exists:
    """A condition on rows whose column `stream` names a stream: it has an event of this type.

    Reads no personal data, so it is true after their erasure, too.
    """
    return Exists(Event.objects.filter(stream=OuterRef(stream), type=event.__name__))


def is_published(event: type[DomainEvent], stream: str) -> bool:
    """Whether the stream has an event of this type. Events are never pruned."""
    return Event.objects.filter(stream=stream, type=event.__name__).exists()
