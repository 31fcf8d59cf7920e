"""Publishing: an event and its outbox row in the transaction that makes the event true."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import IntegrityError, connection, transaction

from bus.context import origin_of
from bus.events import DomainEvent

if TYPE_CHECKING:
    from django.db.models import Model

    from bus.models import Event

EVENT = (
    "uuid", "type", "version", "stream", "key", "data", "correlation", "causation", "traceparent",
    "suppressed",
)  # fmt: skip

ONCE_PER_STREAM = ("bus_event_once_per_stream", "bus_event.stream, bus_event.key")
"""What PostgreSQL and SQLite call the constraint that an event published twice violates."""


class NotInTransaction(RuntimeError):
    """An event was published outside of a transaction."""


class AlreadyPublished(IntegrityError):
    """The stream has an event with this key; the surrounding transaction must be rolled back."""


def publish(event: DomainEvent, *, cause: DomainEvent | None = None) -> "Event":
    """Publish an event in the transaction that makes it true: both are committed, or neither is.

    Talks to the database alone, never to the broker. `cause` says which event of a batch led to
    this one; it is known by itself where one event is handled, and empty outside of handlers.

    Raises:
        NotInTransaction: outside `transaction.atomic()`.
        AlreadyPublished: the event's key is in its stream already.
    """
    # Models cannot be imported before the registry of apps is ready, and `bus` is imported then.
    from bus.models import Event

    if not connection.in_atomic_block:
        raise NotInTransaction(
            f"publish({type(event).__name__}) needs a transaction: put it and the change it tells "
            "of into one `with transaction.atomic():`."
        )
    data, personal = event.split()
    origin = origin_of(cause)
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
    insert = _insert_at_once if connection.vendor == "postgresql" else _insert_in_turn
    try:
        with transaction.mark_for_rollback_on_error("default"):
            row.pk = insert(row, personal)
    except IntegrityError as error:
        if not any(name in str(error) for name in ONCE_PER_STREAM):
            raise
        raise AlreadyPublished(f"{row.type} is in the stream {row.stream} already.") from error
    row._state.adding = False
    del row.at  # set by the database; read from there when it is needed
    return row


def _insert_at_once(event: "Event", personal: Any) -> int:
    """In one statement, since publishing is on the path of requests; returns the id."""
    # The transaction has an id before the event has one: see bus.store.marks.OutboxMark.
    identity = (
        "CASE WHEN pg_current_xact_id() IS NOT NULL "
        "THEN nextval(pg_get_serial_sequence('bus_event', 'id')) END"
    )
    statement, values = _insertion(event, EVENT, id=identity)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH stated AS ({statement} RETURNING id), whose AS ("
            "INSERT INTO bus_personaldata (event_id, data) SELECT id, data FROM stated, "
            "(SELECT %s::jsonb AS data) AS personal WHERE data IS NOT NULL"
            ") INSERT INTO bus_outbox (event_id) SELECT id FROM stated RETURNING event_id",
            [*values, json.dumps(personal) if personal else None],
        )
        return int(cursor.fetchone()[0])


def _insert_in_turn(event: "Event", personal: Any) -> int:
    """For a database that inserts into one table at a time."""
    from bus.models import Outbox, PersonalData

    with connection.cursor() as cursor:
        cursor.execute(*_insertion(event, EVENT))
        event.pk = cursor.lastrowid
        if personal:
            cursor.execute(*_insertion(PersonalData(event=event, data=personal), ("event", "data")))
        cursor.execute(*_insertion(Outbox(event=event), ("event",)))
    return int(event.pk)


def _insertion(row: "Model", names: Sequence[str], **sql: str) -> tuple[str, list[Any]]:
    """The statement that inserts these fields of a new row, and its values; `sql` by expressions.

    Without Django's own preparations, which take longer than the database does.
    """
    meta = row._meta
    fields: list[Any] = [meta.get_field(name) for name in names]
    columns = ", ".join([*sql, *(field.column for field in fields)])
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    marks = ", ".join([*sql.values(), *["%s"] * len(values)])
    return f"INSERT INTO {meta.db_table} ({columns}) VALUES ({marks})", values
