"""Reading the ledger: what the rooms, the API and the dashboard want to know."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Count, Exists, Min, OuterRef, Q, Value
from django.db.models.functions import Coalesce

from bus.facts import Fact
from bus.models import (
    INDEXED,
    OPEN,
    Delivery,
    Event,
    Queue,
    RelayState,
    Subscription,
)

FactType = TypeVar("FactType", bound=Fact)


@dataclass(frozen=True)
class ReactionState:
    """One reaction to one event of a stream, straight from the ledger."""

    app: str
    reaction: str
    state: str
    attempts: int
    at: datetime
    """When it was done or died, or else when it is due."""


def reactions(stream: str) -> list[ReactionState]:
    """Every reaction to the stream's events so far, in the order of the events."""
    rows = (
        Delivery.objects.filter(event__stream=stream)
        .order_by("event_id", "id")
        .values_list("subscription__name", "state", "attempts", Coalesce("closed_at", "due_at"))
    )
    return [
        ReactionState(name.split(".")[0], name.rsplit(".", 1)[1], state, attempts, at)
        for name, state, attempts, at in rows
    ]


def settled(stream: str) -> bool:
    """True when nothing of the stream is outstanding: no event to route, nothing open or dead."""
    owed = Delivery.objects.filter(event=OuterRef("pk"), state__in=OPEN)
    # One statement: what one reaction leads to must not slip from outbox to ledger between two.
    outstanding = Event.objects.filter(Q(outbox__isnull=False) | Exists(owed), stream=stream)
    return not outstanding.exists()


@dataclass(frozen=True)
class QueueState:
    """What one queue holds. `waiting` counts what is due later, too."""

    name: str
    waiting: int
    in_flight: int
    dead: int
    oldest_waiting_at: datetime | None
    paused: bool


def queue_states() -> list[QueueState]:
    """Every queue, in the order of their names."""
    waiting, in_flight, dead = _by_queue()
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
            oldest_waiting_at=waiting.get(queue.pk, nothing)[1],
            paused=bool(queue.paused),
        )
        for queue in Queue.objects.order_by("name").annotate(paused=Exists(paused))
    ]


def _by_queue() -> list[dict[int, tuple[int, datetime | None]]]:
    """How much each queue has waiting, in flight and dead, and since when the first of it is due.

    Three questions in one statement, each for an index of its own: one question for all that is
    open would read the whole ledger.
    """
    one, *others = (
        Delivery.objects.filter(states)
        .annotate(part=Value(part))
        .values_list("part", "queue_id")
        .annotate(Count("id"), Min("due_at"))
        for part, states in enumerate(INDEXED)
    )
    found: list[dict[int, tuple[int, datetime | None]]] = [{} for _states in INDEXED]
    for part, queue, count, due in one.union(*others, all=True):
        found[part][queue] = count, due
    return found


@dataclass(frozen=True)
class BrokerState:
    """What the relay last knew of the broker; `ok` is None where no relay has looked yet."""

    ok: bool | None
    at: datetime | None
    error: str


def broker_state() -> BrokerState:
    row = RelayState.objects.filter(pk=RelayState.THE_ROW).first()
    if row is None or row.looked_at is None:
        return BrokerState(ok=None, at=None, error="no relay has looked yet")
    return BrokerState(ok=not row.broker_error, at=row.looked_at, error=row.broker_error)


def history(fact: type[FactType], after: int = 0) -> Iterator[tuple[int, FactType]]:
    """All events of a type after an event id, oldest first: the id and the fact."""
    rows = (
        Event.objects.filter(type=fact.__name__, id__gt=after)
        .select_related("personal")
        .order_by("id")
    )
    for row in rows.iterator(chunk_size=1000):
        personal = getattr(row, "personal", None)
        yield row.pk, fact.read(row.version, row.data, personal.data if personal else None)


def stated(fact: type[Fact], stream: str) -> Exists:
    """A condition on rows whose column `stream` names a stream: such a fact was stated in it.

    Asks for the event alone and reads nothing of it, so it holds for people who were erased, too.
    """
    return Exists(Event.objects.filter(stream=OuterRef(stream), type=fact.__name__))
