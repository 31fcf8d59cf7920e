"""The timeline of an order in the admin: every event, and every delivery of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bus.streams import TimelineDelivery, TimelineEvent, timeline, verdict
from shop.panels import Content, panel

COLOURS = {
    "waiting": "warning",
    "sent": "info",
    "running": "info",
    "sending": "info",
    "done": "success",
    "dead": "danger",
    "discarded": "default",
}


@dataclass(frozen=True)
class Handled:
    """One delivery, as the timeline shows it."""

    delivery: TimelineDelivery
    colour: str
    app: str
    handler: str
    took: timedelta | None
    """From the event to the end of the delivery; None while it is open."""


@dataclass(frozen=True)
class Entry:
    """One event with its deliveries. `cause` is the type of the event that led to it, or empty."""

    event: TimelineEvent
    cause: str
    after: timedelta
    """Since the first event."""
    handled: list[Handled]


@panel(
    "Timeline",
    template="orders/timeline.html",
    permission="bus.view_delivery",
    place=90,
    wide=True,
)
def whole_timeline(number: str) -> Content | None:
    """Every event of the order with every delivery. Two queries."""
    events = timeline(number)
    if not events:
        return None
    types = {event.uuid: event.type for event in events}
    return {
        "number": number,
        "verdict": verdict(events),
        "entries": [
            Entry(
                event=event,
                cause=types.get(event.causation, "") if event.causation else "",
                after=event.at - events[0].at,
                handled=[_handled(one, event.at) for one in event.deliveries],
            )
            for event in events
        ],
    }


def _handled(delivery: TimelineDelivery, since: datetime) -> Handled:
    app, _, handler = delivery.subscription.rpartition(".")
    return Handled(
        delivery=delivery,
        colour=COLOURS.get(delivery.state, "default"),
        app=app.split(".")[0],
        handler=handler,
        took=delivery.closed_at - since if delivery.closed_at else None,
    )
