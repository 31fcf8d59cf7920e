"""The console's lines as its templates show them: figures in words, levels, links."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from bus.console.pictures import label, sparkline
from bus.console.state import Board, Row, counted
from bus.streams import TimelineDelivery, TimelineEvent

START_WORKER = "celery -A config worker --queues {queue}"
NOTHING = "–"  # noqa: RUF001 -- a dash for what there is none of


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    row: Row
    label: str
    is_queue: bool
    waiting: str
    retrying: str
    in_flight: str
    dead: str
    oldest: str
    last_minute: str
    p50: str
    p95: str
    p99: str
    spark: SafeString
    link: str
    command: str
    says: str

    @property
    def is_idle(self) -> bool:
        """It is in order, and did nothing in the last hour."""
        return self.row.level == "green" and not self.row.open and not self.row.pace.done


def queue_lines(board: Board, queue: str, show: str) -> list[list[Line]]:
    """For each queue its own line, and those of its subscriptions; as filtered.

    `show`: `open` leaves out what has nothing to do, `red` what is in order.
    """
    groups = []
    for one in board.queues:
        if queue and one.name != queue:
            continue
        mine = [row for row in board.of(one.name) if _shown(row, show)]
        if mine or not show or (show == "red" and one.level != "green"):
            groups.append([_line(one, board, is_queue=True)] + [_line(r, board) for r in mine])
    return groups


def _shown(row: Row, show: str) -> bool:
    if show == "open":
        return row.open > 0
    return row.level != "green" if show == "red" else True


def _line(row: Row, board: Board, *, is_queue: bool = False) -> Line:
    by = {"subscription__id__exact": row.id} if row.id else {}
    link = reverse("admin:bus_delivery_changelist")
    return Line(
        row=row,
        label=row.name if is_queue else label(row.name),
        is_queue=is_queue,
        waiting=_count(row.waiting),
        retrying=_count(row.retrying),
        in_flight=_count(row.in_flight),
        dead=_count(row.dead),
        oldest=ago(row.oldest_at, board.at),
        last_minute=_count(row.pace.last_minute),
        p50=took(row.pace.percentile(0.5)),
        p95=took(row.pace.percentile(0.95)),
        p99=took(row.pace.percentile(0.99)),
        spark=sparkline(row.pace.minutes),
        link=f"{link}?{urlencode(by)}" if by else "",
        command=START_WORKER.format(queue=row.name) if row.lacks_worker else "",
        says=_says(row),
    )


def _says(row: Row) -> str:
    """What is wrong, in words: colour alone says nothing to many."""
    said = {
        "no worker": row.lacks_worker,
        "dead": bool(row.dead),
        "paused": row.paused,
        "blocked": bool(row.blocked),
        "retrying": bool(row.retrying),
    }
    found = [word for word, is_so in said.items() if is_so]
    if not found and row.level == "amber":
        found = ["late"]
    return ", ".join(found) or ("working" if row.open else "idle")


def worker_lines(board: Board) -> list[dict[str, Any]]:
    """The workers, the last sign of life of each, and what it works on."""
    return [
        {
            "name": one.name,
            "alive": one.alive,
            "queues": ", ".join(one.queues),
            "processes": one.processes,
            "age": duration(one.age),
        }
        for one in board.workers
    ]


@dataclass(frozen=True)
class EventLine:
    event: TimelineEvent
    cause: TimelineEvent | None
    after: str
    """How long after the first event of the stream it was published."""
    deliveries: list[tuple[TimelineDelivery, str, str]]
    """Each with its short name, and the time from the event to its end or until now."""


def stream_lines(events: list[TimelineEvent]) -> list[EventLine]:
    """A stream's events with times in words."""
    by_uuid = {event.uuid: event for event in events}
    now = timezone.now()
    return [
        EventLine(
            event,
            by_uuid.get(event.causation) if event.causation else None,
            took((event.at - events[0].at).total_seconds()),
            [
                (one, label(one.subscription), _since(event.at, one.closed_at or now))
                for one in event.deliveries
            ],
        )
        for event in events
    ]


def _since(at: datetime, end: datetime) -> str:
    return took(max(0.0, (end - at).total_seconds()))


def _count(count: int) -> str:
    return counted(count) if count else NOTHING


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago, in the two largest units."""
    return duration(now - at) if at else NOTHING


def duration(age: timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    units = [("d", seconds // 86_400), ("h", seconds // 3600 % 24), ("min", seconds // 60 % 60)]
    units = [*units, ("s", seconds % 60)]
    first = next((place for place, (_, count) in enumerate(units) if count), 3)
    return " ".join(f"{count} {unit}" for unit, count in units[first : first + 2] if count) or "0 s"


def took(seconds: float | None) -> str:
    """A time between an event and its effect."""
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else duration(timedelta(seconds=seconds))
