"""How many deliveries are done in a minute, and how long after their events."""

from django.db import connection, transaction

from bus.models import State
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

FORGET = f"DELETE FROM bus_pace WHERE minute < {db.earlier}"


def add(ids: list[int]) -> None:
    """Add those of these deliveries that are done to the figures of their minutes."""
    with transaction.atomic(), connection.cursor() as cursor:
        plan_by_index()
        cursor.execute(ADD, [db.array(ids)])


def forget(older_than: float) -> None:
    """Delete the figures of minutes that began so many seconds ago."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [older_than])
