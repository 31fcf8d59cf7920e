"""The matrix of streams and subscriptions: in each cell what has become of the deliveries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bus.console.pictures import label
from bus.models import Delivery, Event, State, Subscription

ON_A_PAGE = 25

EVENTS_AT_ONCE = 400
MOST_READ = 5
"""Readings of so many events for one page; streams with very many events make a page shorter."""

MOST_EVENTS = 2_000
"""Events whose deliveries are read for a page, the newest first."""

WORST_FIRST = (
    State.DEAD, State.WAITING, State.SENDING, State.RUNNING, State.SENT, State.DONE,
    State.DISCARDED,
)  # fmt: skip
WORSE = {state.value: place for place, state in enumerate(WORST_FIRST)}


@dataclass(frozen=True)
class Column:
    id: int
    name: str
    label: str
    queue: str


@dataclass(frozen=True)
class Cell:
    """The deliveries of one stream to one subscription: the worst state, and one in it."""

    state: str
    delivery: int
    count: int


@dataclass(frozen=True)
class MatrixRow:
    stream: str
    newest: int
    at: datetime
    cells: list[Cell | None]


@dataclass(frozen=True)
class Matrix:
    """`following`: the event before which the next page begins; None on the last one."""

    columns: list[Column]
    rows: list[MatrixRow]
    following: int | None


def matrix(before: int | None = None, only: Iterable[str] | None = None) -> Matrix:
    """The streams of the newest events, or those whose newest event is before this one; or `only`
    these. Each page reads a bounded number of rows."""
    subscriptions = Subscription.objects.filter(retired_at=None).select_related("queue")
    columns = [
        Column(one.pk, one.name, label(one.name), one.queue.name)
        for one in subscriptions.order_by("queue__name", "name")
    ]
    if only is None:
        heads, following = _newest(before)
    else:
        heads, following = _of(only), None
    cells = _cells([stream for stream, _, _ in heads])
    rows = [
        MatrixRow(stream, newest, at, [cells.get((stream, one.id)) for one in columns])
        for stream, newest, at in heads
    ]
    return Matrix(columns, rows, following)


Head = tuple[str, int, datetime]
"""A stream, and the id and time of its newest event."""


def _newest(before: int | None) -> tuple[list[Head], int | None]:
    found: dict[str, Head] = {}
    events = Event.objects.order_by("-id").values_list("stream", "id", "at")
    edge = before
    for _ in range(MOST_READ):
        chunk = list((events.filter(id__lt=edge) if edge else events)[:EVENTS_AT_ONCE])
        names = {stream for stream, _, _ in chunk} - found.keys()
        # Those with an event on a page before stand there.
        newer = Event.objects.filter(stream__in=names, id__gte=before) if before else None
        shown = set(newer.values_list("stream", flat=True)) if newer is not None else set()
        for head in chunk:
            if head[0] not in shown and head[0] not in found:
                if len(found) == ON_A_PAGE:
                    return list(found.values()), list(found.values())[-1][1]
                found[head[0]] = head
        if len(chunk) < EVENTS_AT_ONCE:
            return list(found.values()), None
        edge = chunk[-1][1]
    return list(found.values()), edge


def _of(names: Iterable[str]) -> list[Head]:
    rows = Event.objects.filter(stream__in=list(names)[:ON_A_PAGE]).order_by("-id")
    found: dict[str, Head] = {}
    for head in rows.values_list("stream", "id", "at")[:MOST_EVENTS]:
        found.setdefault(head[0], head)
    return list(found.values())


def _cells(names: list[str]) -> dict[tuple[str, int], Cell]:
    events = dict(
        Event.objects.filter(stream__in=names)
        .order_by("-id")
        .values_list("id", "stream")[:MOST_EVENTS]
    )
    rows = Delivery.objects.filter(event_id__in=list(events)).values_list(
        "id", "event_id", "subscription_id", "state"
    )
    found: dict[tuple[str, int], Cell] = {}
    for pk, event, subscription, state in rows:
        place = events[event], subscription
        other = found.get(place)
        if other is None:
            found[place] = Cell(state, pk, 1)
        elif WORSE[state] < WORSE[other.state]:
            found[place] = Cell(state, pk, other.count + 1)
        else:
            found[place] = Cell(other.state, other.delivery, other.count + 1)
    return found
