"""Lanes that stand still: which delivery blocks what comes after it."""

from dataclasses import dataclass
from datetime import datetime

from bus.models import Delivery
from bus.store.backlog import blocking
from bus.streams import last_line

MOST_SHOWN = 50


@dataclass(frozen=True)
class BlockedLane:
    """A lane whose first delivery is dead, or waits for its next try, while others wait for it."""

    stream: str
    queue: str
    delivery: int
    subscription: str
    subscription_id: int
    state: str
    since: datetime
    retry_at: datetime | None
    error: str
    waiting: int
    """Deliveries that wait behind it."""


def blocked_lanes() -> list[BlockedLane]:
    """The lanes, those that have been blocked for longest first; two or three queries."""
    behind = blocking()
    if not behind:
        return []
    rows = Delivery.objects.filter(pk__in=behind).select_related("subscription", "queue")
    first: dict[tuple[str, int], Delivery] = {}
    for row in rows.order_by("event_id", "id"):
        first.setdefault((row.stream, row.queue_id), row)
    lanes = [
        BlockedLane(
            stream=row.stream,
            queue=row.queue.name,
            delivery=row.pk,
            subscription=row.subscription.name,
            subscription_id=row.subscription_id,
            state=row.state,
            since=row.due_since,
            retry_at=None if row.closed_at else row.retry_at,
            error=last_line(row.error),
            waiting=behind[row.pk],
        )
        for row in first.values()
    ]
    return sorted(lanes, key=lambda lane: lane.since)
