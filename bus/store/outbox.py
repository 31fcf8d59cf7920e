"""The outbox: insert events, and fan them out into the ledger."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction

from bus import sealing
from bus.context import Origin
from bus.events import DomainEvent
from bus.failpoints import Point, reach
from bus.models import Event, Outbox
from bus.store.database import db
from bus.store.marks import Marks
from bus.store.persons import key_of
from bus.store.planner import plan_by_index

MOST_AT_ONCE = 500
"""Events in one fan-out."""

EVENT = (
    "uuid", "type", "version", "stream", "key", "data", "correlation", "causation", "traceparent",
    "suppressed",
)  # fmt: skip
"""The fields of an event that `insert` writes; the database sets the others."""

SUPPRESSED = "Suppressed by a backfill; deliver it again to run it."
"""The error of a delivery that is discarded when it is inserted."""


def _insert_deliveries(
    events: str,
    subscriptions: str = "",
    suppressed: str = "e.quiet",
    bulk: str = "FALSE",
    soonest: str = db.now,
) -> str:
    """The statement that inserts what is missing for these events `e` and subscriptions `s`.

    Due at the instant `soonest`, or `after` the event, if that is later.

    MATERIALIZED: the events first. PostgreSQL never counts a table as small as that of the
    subscriptions, takes it for one of a single row, and goes through the history of its type.
    """
    later = db.shifted("e.at", "s.after")
    due = f"CASE WHEN s.after > 0 AND {later} > e.soonest THEN {later} ELSE e.soonest END"
    return f"""INSERT INTO bus_delivery (event_id, subscription_id, queue_id, stream, ordered,
        due_at, due_since, bulk, quiet, state, closed_at, error)
    WITH e AS MATERIALIZED (
        SELECT e.id, e.type, e.stream, e.at, {suppressed} AS quiet, {bulk} AS bulk,
               {soonest} AS soonest
        FROM bus_event e WHERE {events})
    SELECT e.id, s.id, s.queue_id, e.stream, s.ordered, {due}, {due}, e.bulk,
           e.quiet AND NOT s.visible,
           CASE WHEN e.quiet AND s.visible THEN 'discarded' ELSE 'waiting' END,
           CASE WHEN e.quiet AND s.visible THEN {db.now} END,
           CASE WHEN e.quiet AND s.visible THEN '{SUPPRESSED}' ELSE '' END
    FROM e JOIN bus_subscription s ON s.event_type = e.type
    WHERE s.retired_at IS NULL {subscriptions}
    ORDER BY e.id, s.id ON CONFLICT (event_id, subscription_id) DO NOTHING"""


FAN_OUT = _insert_deliveries(f"e.id {db.among_ids}")
DELIVER_TO_ONE = _insert_deliveries(
    f"e.id {db.among_ids}", "AND s.id = %s", "(e.quiet OR %s)", "CAST(%s AS boolean)", db.later
)

# Events in the outbox are left to the fan-out; else they would overtake older ones there.
SWEEP = _insert_deliveries(
    f"e.type = %s AND e.at >= {db.earlier} "
    "AND NOT EXISTS (SELECT 1 FROM bus_outbox o WHERE o.event_id = e.id)",
    "AND s.id = %s",
)


def new_row(event: DomainEvent, origin: Origin) -> tuple[Event, dict[str, Any]]:
    """The row of a new event, and its personal data; neither is inserted."""
    data, personal = event.split()
    identity = uuid4()
    row = Event(
        uuid=identity,
        type=type(event).__name__,
        version=event.version,
        stream=event.stream,
        key=event.key,
        data=data,
        correlation=origin.correlation or identity,
        causation=origin.causation,
        traceparent=origin.traceparent,
        suppressed=origin.suppressed,
    )
    return row, personal


def insert(event: Event, personal: dict[str, Any], person: str | None = None) -> int:
    """Insert a new event with its personal data and its outbox row; returns the event's id.

    Encrypted, if there are master keys and it is about a `person`: that takes one statement more.
    Without Django's `save`, which takes longer than the database.
    """
    fields: list[Any] = [Event._meta.get_field(name) for name in EVENT]
    values = [field.get_db_prep_save(getattr(event, field.attname), connection) for field in fields]
    if not personal:
        return db.insert_event(values, None, None)
    if person is None or not sealing.is_on():
        return db.insert_event(values, json.dumps(personal), None)
    key = key_of(person)
    sealed = sealing.seal(personal, key.secret, event.uuid)
    return db.insert_event(values, json.dumps(sealed), key.id)


def fan_out(marks: Marks | None = None) -> int:
    """Delete events from the outbox and insert a delivery for every subscription to their type.

    In order of event id, under one lock, so that the ledger of a stream grows in causal order.
    `marks` let it skip what was fanned out before. Returns how many events left the outbox.
    """
    with transaction.atomic():
        plan_by_index()
        read = db.read_outbox(marks.outbox.at) if marks else None
        if marks and read:
            least, newest, oldest_running = read
            marks.outbox.read(least, oldest_running)
            is_empty = least is None
        else:
            is_empty = not Outbox.objects.exists()
        if is_empty:
            return 0
        transaction_id = lock_fan_out()
        events = db.take_outbox(marks.outbox.at if marks else 0, MOST_AT_ONCE)
        insert_deliveries(events)
        reach(Point.RELAY_FANNED_OUT)
    if marks and read:
        marks.outbox.fanned_out(newest, transaction_id)
    return len(events)


def lock_fan_out() -> int:
    """Lock out every other fan-out and registration until the transaction ends; returns its id.

    SQLite's IMMEDIATE transaction does so already, and has no id.
    """
    return db.lock_fan_out()


def insert_deliveries(events: Sequence[int]) -> int:
    """Insert the deliveries that these events lack, by id; returns how many."""
    return _execute(FAN_OUT, [db.array(events)]) if events else 0


def deliver_to(
    subscription: int,
    events: Sequence[int],
    *,
    suppressed: bool = False,
    bulk: bool = False,
    due_in: timedelta = timedelta(0),
) -> int:
    """The same for one subscription, by its id; due after a while. Live ones are
    claimed before those that are `bulk`.

    What is `suppressed`, by its event or by this call, is discarded at once if the subscription is
    suppressible.
    """
    if not events:
        return 0
    values = [suppressed, bulk, due_in.total_seconds(), db.array(events), subscription]
    return _execute(DELIVER_TO_ONE, values)


def sweep(subscription: int, event_type: str, since: timedelta) -> int:
    """The same for a new subscription and the events of so long ago that were fanned out."""
    return _execute(SWEEP, [event_type, since.total_seconds(), subscription])


def _execute(statement: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
