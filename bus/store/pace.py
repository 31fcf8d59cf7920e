"""How many deliveries are done in a minute, and how long after their events."""

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from bus.models import RelayState, State
from bus.store.conditions import in_state
from bus.store.database import db
from bus.store.planner import plan_by_index

PER_DOUBLING = 3
"""Buckets for each doubling of the time: one is 26 % wide."""

SHORTEST = 0.001
"""Seconds; the logarithm needs a lower end."""

_TOOK = db.seconds_between("e.at", "d.closed_at")

# By their ids and no index of the states: an index on the instants at which deliveries are done
# would cost each of them an entry.
ADD = f"""INSERT INTO bus_pace (subscription_id, minute, bucket, done)
    SELECT f.subscription_id, f.minute, f.bucket, COUNT(*) FROM (
        SELECT d.subscription_id, {db.minute_of("d.closed_at")} AS minute,
               CAST(FLOOR({PER_DOUBLING} * LN(
                   CASE WHEN {_TOOK} > {SHORTEST} THEN {_TOOK} ELSE {SHORTEST} END
               ) / LN(2.0)) AS integer) AS bucket
        FROM bus_delivery d JOIN bus_event e ON e.id = d.event_id
        WHERE d.id {db.among_ids} AND {in_state(State.DONE)}) f
    WHERE TRUE
    GROUP BY f.subscription_id, f.minute, f.bucket
    ON CONFLICT (minute, subscription_id, bucket)
    DO UPDATE SET done = bus_pace.done + EXCLUDED.done"""

# Numbers alone: a busy hour has thousands of rows, and an instant takes Django as long to read as
# the rest of a row.
_PLACE = f"CAST(ROUND({db.seconds_between('%s', 'minute')} / 60) AS integer)"
_SUM = "CAST(SUM(done) AS bigint)"  # PostgreSQL sums bigint to numeric
_OF_THE_HOUR = "FROM bus_pace WHERE minute >= %s AND minute <= %s GROUP BY 1, 2"
BY_MINUTE = f"SELECT subscription_id, {_PLACE}, {_SUM} {_OF_THE_HOUR}"
BY_BUCKET = f"SELECT subscription_id, bucket, {_SUM} {_OF_THE_HOUR}"

TOTALS = f"SELECT subscription_id, bucket, {_SUM} FROM bus_pace GROUP BY 1, 2"

BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
"""The minute of the sums of all that is forgotten: without them, totals would fall."""

ADD_UP = """INSERT INTO bus_pace (subscription_id, minute, bucket, done)
    SELECT subscription_id, %s, bucket, SUM(done) FROM bus_pace
    WHERE minute > %s AND minute < %s GROUP BY subscription_id, bucket
    ON CONFLICT (minute, subscription_id, bucket)
    DO UPDATE SET done = bus_pace.done + EXCLUDED.done"""
FORGET = "DELETE FROM bus_pace WHERE minute > %s AND minute < %s"


def add(ids: list[int]) -> None:
    """Add those of these deliveries that are done to the figures of their minutes."""
    with transaction.atomic(), connection.cursor() as cursor:
        plan_by_index()
        cursor.execute(ADD, [db.array(ids)])


def forget(older_than: float) -> None:
    """Delete the figures of minutes that began so many seconds ago; `totals` keeps them."""
    until = timezone.now() - timedelta(seconds=older_than)
    first, last = (connection.ops.adapt_datetimefield_value(at) for at in (BEFORE_ALL, until))
    with transaction.atomic(), connection.cursor() as cursor:
        # One relay at a time: two would add the same figures up.
        RelayState.objects.select_for_update().get_or_create(pk=RelayState.THE_ROW)
        cursor.execute(ADD_UP, [first, first, last])
        cursor.execute(FORGET, [first, last])


Summed = list[tuple[int, int, int]]


def totals() -> Summed:
    """What was done since the first delivery, by subscription and bucket."""
    with connection.cursor() as cursor:
        cursor.execute(TOTALS)
        found: Summed = cursor.fetchall()
        return found


def read(first: datetime, last: datetime) -> tuple[Summed, Summed]:
    """What was done from one minute to another: by subscription and minute, counted from the
    first, and by subscription and bucket."""
    between = [connection.ops.adapt_datetimefield_value(at) for at in (first, last)]
    with connection.cursor() as cursor:
        cursor.execute(BY_MINUTE, [between[0], *between])
        by_minute = cursor.fetchall()
        cursor.execute(BY_BUCKET, between)
        return by_minute, cursor.fetchall()
