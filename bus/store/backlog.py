"""What each subscription has to do, in a bounded number of rows, however long its backlog is."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from bus.models import Delivery
from bus.store.conditions import IN_FLIGHT
from bus.store.database import db

MOST_COUNTED = 10_000
"""Deliveries of one subscription in one state that are counted; more are *over 10,000*."""

FIRST_ROWS = 200
"""Deliveries of one subscription in one state, from either end, among which the oldest is sought.
They are in the order in which they are due, so what was rescued or released meanwhile is among
the first, and what is retried among the last."""

_OF = "FROM bus_delivery d WHERE d.subscription_id = s.id AND"
# The index has live and bulk one after the other.
_WAITING = "d.state = 'waiting' AND d.bulk IN (FALSE, TRUE)"
_WAITING_LIVE = "d.state = 'waiting' AND d.bulk = FALSE"
_WAITING_BULK = "d.state = 'waiting' AND d.bulk = TRUE"
_DUE = f"{_WAITING} AND d.due_at <= {db.now}"
_LATER = f"{_WAITING} AND d.due_at > {db.now}"
_DEAD = "d.state = 'dead'"


def _count(rows: str, count: str = "COUNT(*)") -> str:
    some = f"SELECT d.retry_at {_OF} {rows} LIMIT {MOST_COUNTED + 1}"
    return f"(SELECT {count} FROM ({some}) c)"


def _oldest(rows: str, order: str) -> str:
    some = f"SELECT d.due_since {_OF} {rows} ORDER BY {order} LIMIT {FIRST_ROWS}"
    return f"(SELECT MIN(o.due_since) FROM ({some}) o)"


# Each count reads one partial index. One statement, so that a delivery is counted once.
BACKLOG = f"""SELECT s.id, {_count(_DUE)}, {_count(_LATER, "COUNT(c.retry_at)")},
       {_count(_LATER, "COUNT(*) - COUNT(c.retry_at)")}, {_count(IN_FLIGHT)},
       {_count(IN_FLIGHT, "COUNT(c.retry_at)")}, {_count(_DEAD)},
       {_oldest(_WAITING_LIVE, "d.due_at, d.id")},
       {_oldest(_WAITING_LIVE, "d.due_at DESC, d.id DESC")},
       {_oldest(_WAITING_BULK, "d.due_at, d.id")},
       {_oldest(_WAITING_BULK, "d.due_at DESC, d.id DESC")},
       {_oldest(IN_FLIGHT, "d.lease_until")},
       {_oldest(_DEAD, "d.id")}
    FROM bus_subscription s WHERE s.retired_at IS NULL"""

_SAME_LANE = """f.stream = d.stream AND f.queue_id = d.queue_id AND f.ordered
        AND f.state IN ('waiting', 'sent', 'running', 'sending', 'dead')
        AND (f.event_id > d.event_id OR (f.event_id = d.event_id AND f.id > d.id))"""


def _blocking(rows: str, order: str) -> str:
    return f"""SELECT * FROM (SELECT d.id, d.subscription_id, d.stream, d.queue_id, d.event_id,
            d.due_since, (SELECT COUNT(*) FROM (
                SELECT 1 FROM bus_delivery f WHERE {_SAME_LANE} LIMIT {FIRST_ROWS}) n) AS waits
        FROM bus_delivery d JOIN bus_subscription s ON s.id = d.subscription_id
        WHERE {rows} AND d.ordered ORDER BY {order} LIMIT {FIRST_ROWS}) b WHERE b.waits > 0"""


BLOCKING = (
    _blocking(_DEAD, "d.subscription_id, d.id"),
    _blocking(f"{_LATER} AND d.retry_at IS NOT NULL", "d.subscription_id, d.due_at DESC"),
)


def backlog() -> list[tuple[Any, ...]]:
    """By subscription that is not retired: its id; how many are due, wait for their next try, are
    not due yet, in flight, in flight for another try, and dead, each at most `MOST_COUNTED` + 1;
    six instants, the least of which is since when the oldest has been open."""
    with connection.cursor() as cursor:
        cursor.execute(BACKLOG, [])
        return [(*row[:7], *map(_instant, row[7:])) for row in cursor.fetchall()]


class Blocking(NamedTuple):
    """A delivery for which later ones of its lane wait."""

    id: int
    subscription_id: int
    stream: str
    queue_id: int
    event_id: int
    due_since: datetime
    waiting: int


def blocking() -> list[Blocking]:
    """Dead and failing deliveries for which later ones of their lane wait; of each kind the first
    `FIRST_ROWS`."""
    found: list[Blocking] = []
    with connection.cursor() as cursor:
        for statement in BLOCKING:
            cursor.execute(statement, [])
            for pk, subscription, stream, queue, event, since, waiting in cursor.fetchall():
                at = _instant(since) or timezone.now()
                found.append(Blocking(pk, subscription, stream, queue, event, at, waiting))
    return found


def _instant(value: Any) -> datetime | None:
    """SQLite returns a text."""
    if value is None or isinstance(value, datetime):
        return value
    field: Any = Delivery._meta.get_field("due_since")
    for converter in connection.ops.get_db_converters(field.get_col("bus_delivery")):
        value = converter(value, field, connection)
    return value  # type: ignore[no-any-return]  # what the converters make of it
