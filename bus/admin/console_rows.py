"""The console's lines as its templates show them: figures in words, levels, links."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from bus import conf
from bus.console.pictures import label, sparkline
from bus.console.state import Board, Row
from bus.console.words import NOTHING, ago, counted, duration, says, took
from bus.streams import TimelineDelivery, TimelineEvent

START_WORKER = "celery -A config worker --queues {queue}"
START_WORK = "manage.py work --queues {queue}"


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    row: Row
    label: str
    is_queue: bool
    counts: SafeString
    """Cells: waiting, in flight, retrying."""
    dead: str
    times: SafeString
    """Cells: the oldest open, done in the last minute."""
    percentiles: SafeString
    spark: SafeString
    link: str
    command: str
    says: str
    limit: str
    """Of a queue: its limits, and what is left of them."""

    @property
    def is_idle(self) -> bool:
        """It is in order, and did nothing in the last hour."""
        return self.row.level == "green" and not self.row.open and not self.row.pace.done


def queue_lines(board: Board, queue: str, show: str) -> list[list[Line]]:
    """For each queue its own line, and those of its subscriptions; as filtered.

    `show`: `open` leaves out what has nothing to do, `red` what is in order.
    """
    groups = []
    deliveries = reverse("admin:bus_delivery_changelist")
    for one in board.queues:
        if queue and one.name != queue:
            continue
        mine = [row for row in board.of(one.name) if _shown(row, show)]
        if mine or not show or (show == "red" and one.level != "green"):
            head = _line(one, board, deliveries, is_queue=True)
            groups.append([head, *(_line(row, board, deliveries) for row in mine)])
    return groups


def _shown(row: Row, show: str) -> bool:
    if show == "open":
        return row.open > 0
    return row.level != "green" if show == "red" else True


def _line(row: Row, board: Board, deliveries: str, *, is_queue: bool = False) -> Line:
    return Line(
        row=row,
        label=row.name if is_queue else label(row.name),
        is_queue=is_queue,
        counts=_cells(
            ("Waiting", _count(row.waiting)),
            ("In flight", _count(row.in_flight)),
            ("Retrying", _count(row.retrying)),
        ),
        dead=_count(row.dead),
        times=_cells(
            ("Oldest open", ago(row.oldest_at, board.at)),
            ("Done / min", _count(row.pace.last_minute)),
        ),
        percentiles=_cells(
            *((f"p{share}", took(row.pace.percentile(share / 100))) for share in (50, 95, 99))
        ),
        spark=sparkline(row.pace.minutes),
        link=f"{deliveries}?subscription__id__exact={row.id}" if row.id else "",
        command=_start(row.name) if row.lacks_worker else "",
        says=says(row),
        limit=row.limit.words if is_queue and row.limit else "",
    )


def _cells(*figures: tuple[str, str]) -> SafeString:
    """Put together in Python: a page has hundreds, and a template takes ten times as long."""
    return format_html_join(
        "",
        '<td data-label="{}" class="{}">{}</td>',
        ((name, "n nil" if text == NOTHING else "n", text) for name, text in figures),
    )


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


def _start(queue: str) -> str:
    return (START_WORKER if conf.has_broker() else START_WORK).format(queue=queue)
