"""Lanes that stand still: which delivery blocks what comes after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bus.models import Delivery, State
from bus.store.backlog import Blocking, blocking
from bus.streams import last_line

MOST_SHOWN = 10


@dataclass(frozen=True)
class BlockedLane:
    """A lane whose first delivery is dead, or waits for its next try, while others wait for it."""

    stream: str
    queue: str
    delivery: int
    subscription: str
    state: str
    since: datetime
    retry_at: datetime | None
    error: str
    waiting: int
    """Deliveries that wait behind it."""


def blocking_heads() -> list[Blocking]:
    """What blocks a lane, one delivery for each, those that have been open for longest first."""
    first: dict[tuple[str, int], Blocking] = {}
    for one in sorted(blocking(), key=lambda one: (one.event_id, one.id)):
        first.setdefault((one.stream, one.queue_id), one)
    return sorted(first.values(), key=lambda one: one.due_since)


def blocked_lanes(heads: Sequence[Blocking]) -> list[BlockedLane]:
    """The first `MOST_SHOWN` of these lanes, with what is to be known of them."""
    behind = {one.id: one.waiting for one in heads[:MOST_SHOWN]}
    if not behind:
        return []
    # What has begun its next try, or ended, since it was found blocks its lane no more.
    stopped = Delivery.objects.filter(pk__in=behind, state__in=(State.DEAD, State.WAITING))
    rows = stopped.select_related("subscription", "queue")
    return [
        BlockedLane(
            stream=row.stream,
            queue=row.queue.name,
            delivery=row.pk,
            subscription=row.subscription.name,
            state=row.state,
            since=row.due_since,
            retry_at=None if row.closed_at else row.retry_at,
            error=last_line(row.error),
            waiting=behind[row.pk],
        )
        for row in rows.order_by("due_since")
    ]
