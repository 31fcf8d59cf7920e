"""Pictures that the server draws: lines of an hour, and the map of events and handlers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from bus import handlers

BAR, HEIGHT = 2, 24
"""Of a line: units for each minute, and in all."""


def sparkline(minutes: Sequence[int]) -> SafeString:
    """One bar for each minute, the present one last."""
    most = max(minutes, default=0)
    path = "".join(
        f"M{place * BAR} {HEIGHT}v-{max(1.0, HEIGHT * done / most):.4g}h{BAR - 0.5}V{HEIGHT}z"
        for place, done in enumerate(minutes)
        if done
    )
    says = f"{sum(minutes):,} done in the last hour, at most {most:,} in a minute"
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><title>{}</title><path d="{}"/></svg>',
        len(minutes) * BAR,
        HEIGHT,
        says,
        says,
        path,
    )


@dataclass(frozen=True)
class Arrow:
    """One subscription as the code declares it."""

    event: str
    name: str
    label: str
    queue: str
    external: bool


def arrows() -> list[Arrow]:
    """Every declared handler, by queue and name."""
    found = [
        Arrow(one.event_type.__name__, one.name, label(one.name), one.queue.name, one.external)
        for one in handlers.declared()
    ]
    return sorted(found, key=lambda arrow: (arrow.queue, arrow.name))


def label(name: str) -> str:
    """A subscription's short name: that of its function."""
    return name.rsplit(".", 1)[-1].replace("_", " ")


LINE, GAP, TOP = 26, 14, 12
LEFT, EVENT_WIDTH, RIGHT, HANDLER_WIDTH = 8, 210, 440, 300


def event_map(found: Sequence[Arrow]) -> SafeString:
    """Events on the left, handlers by queue on the right, an arrow for each subscription."""
    queues = list(dict.fromkeys(one.queue for one in found))
    places: dict[str, int] = {}
    boxes, y = [], TOP
    for number, queue in enumerate(queues):
        mine = [one for one in found if one.queue == queue]
        height = LINE * (len(mine) + 1)
        boxes.append(_queue(queue, mine, y, height, number % 6))
        for place, one in enumerate(mine):
            places[one.name] = y + LINE * (place + 1) + LINE // 2
        y += height + GAP
    height = max(y, TOP + LINE * 2)
    events = _in_order_of_handlers(found, places)
    step = (height - TOP) / max(1, len(events))
    middle = {event: int(TOP + step * (place + 0.5)) for place, event in enumerate(events)}
    lines = format_html_join(
        "",
        '<path class="edge q{}" d="M{} {}C{} {} {} {} {} {}"/>',
        (
            (
                queues.index(one.queue) % 6,
                LEFT + EVENT_WIDTH, middle[one.event],
                LEFT + EVENT_WIDTH + 110, middle[one.event],
                RIGHT - 110, places[one.name],
                RIGHT, places[one.name],
            )
            for one in found
        ),
    )  # fmt: skip
    heads = format_html_join(
        "",
        '<g class="event"><rect x="{}" y="{}" width="{}" height="30" rx="6"/>'
        '<text x="{}" y="{}">{}</text></g>',
        ((LEFT, y - 15, EVENT_WIDTH, LEFT + 12, y + 5, event) for event, y in middle.items()),
    )
    return format_html(
        '<svg class="map" viewBox="0 0 {} {}" role="img" aria-labelledby="map-title">'
        '<title id="map-title">Events and their handlers, by queue</title>{}{}{}</svg>',
        RIGHT + HANDLER_WIDTH + LEFT,
        height,
        lines,
        mark_safe("".join(boxes)),  # noqa: S308 -- of format_html
        heads,
    )


def _in_order_of_handlers(found: Iterable[Arrow], places: dict[str, int]) -> list[str]:
    """The events, each near to the middle of its handlers, so that few arrows cross."""
    by_event: dict[str, list[int]] = {}
    for one in found:
        by_event.setdefault(one.event, []).append(places[one.name])
    return sorted(by_event, key=lambda event: sum(by_event[event]) / len(by_event[event]))


def _queue(queue: str, mine: Sequence[Arrow], y: int, height: int, colour: int) -> SafeString:
    lines = format_html_join(
        "",
        '<text x="{}" y="{}">{}</text>',
        (
            (RIGHT + 14, y + LINE * (place + 1) + 17, one.label + (" *" if one.external else ""))
            for place, one in enumerate(mine)
        ),
    )
    return format_html(
        '<g class="queue q{}"><rect x="{}" y="{}" width="{}" height="{}" rx="8"/>'
        '<text class="name" x="{}" y="{}">{}</text>{}</g>',
        colour,
        RIGHT,
        y,
        HANDLER_WIDTH,
        height,
        RIGHT + 14,
        y + 18,
        queue,
        lines,
    )
