"""The console's board of queues: as its page shows it, and as the feed keeps it current."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.template.loader import render_to_string

from bus.admin.console_rows import queue_lines, worker_lines
from bus.console.state import Board, board
from bus.feed import News

EVERY = 2.0
"""Seconds between two boards that the feed reads, for all open consoles of a process."""


SHOWN = ("open", "red")
"""What a page may be narrowed to; see `queue_lines`."""


class Chosen(NamedTuple):
    """What a page shows of the board: the filters in its address."""

    queue: str
    show: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Chosen":
        show = request.GET.get("show", "")
        return cls(request.GET.get("queue", ""), show if show in SHOWN else "")


def context(now: Board, chosen: Chosen) -> dict[str, Any]:
    """What `bus/console/board.html` shows; the same for all who may see it."""
    return {
        "board": now,
        "lines": queue_lines(now, chosen.queue, chosen.show),
        "worker_lines": worker_lines(now),
        "chosen": chosen,
    }


def drawn(now: Board, chosen: Chosen) -> dict[str, Any]:
    """The board as values for JSON, ready to be put in place."""
    html = render_to_string("bus/console/board.html", context(now, chosen))
    return {"mark": mark_of(now), "html": html}


def mark_of(now: Board) -> str:
    """Each board has ages in it, so none is like the one before."""
    return now.at.isoformat()


def news(watched: Mapping[Chosen, str]) -> dict[Chosen, News]:
    """One board for all pages that are open, drawn once for each choice; see `bus.feed.Read`.

    All choices of a queue that does not exist share one drawing: addresses may have any number.
    """
    now = board()
    queues = {"", *(row.name for row in now.queues)}
    unknown = next((chosen for chosen in watched if chosen.queue not in queues), None)
    drawings: dict[Chosen | None, News] = {}
    found = {}
    for chosen in watched:
        one = chosen if chosen.queue in queues else unknown
        if one not in drawings:
            drawings[one] = News(mark_of(now), drawn(now, chosen))
        found[chosen] = drawings[one]
    return found
