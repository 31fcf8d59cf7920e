"""Stating a fact."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import IntegrityError, connection, transaction

from bus.context import origin_of
from bus.facts import Fact

if TYPE_CHECKING:
    from django.db.models import Model

    from bus.models import Event

EVENT = (
    "uuid", "type", "version", "stream", "key", "data", "correlation", "causation", "traceparent",
    "quiet",
)  # fmt: skip

ONCE_PER_STREAM = ("bus_event_once_per_stream", "bus_event.stream, bus_event.key")
"""What PostgreSQL and SQLite call the constraint that a fact stated twice violates."""


class NotInTransaction(RuntimeError):
    """A fact was published where it could be stated and its cause be lost, or the reverse."""


class AlreadyStated(IntegrityError):
    """The stream has an event with this key; the surrounding transaction must be rolled back."""


def publish(fact: Fact, *, cause: Fact | None = None) -> "Event":
    """State a fact in the transaction that makes it true: both are committed, or neither is.

    Talks to the database alone, never to the broker. `cause` says which fact of a batch led to
    this one; it is known by itself where one fact is handled, and empty outside of handlers.

    Raises:
        NotInTransaction: outside `transaction.atomic()`.
        AlreadyStated: the fact's key is in its stream already.
    """
    # Models cannot be imported before the registry of apps is ready, and `bus` is imported then.
    from bus.models import Event, Outbox, PersonalData

    if not connection.in_atomic_block:
        raise NotInTransaction(
            f"publish({type(fact).__name__}) needs a transaction: put it and the change it tells "
            "of into one `with transaction.atomic():`."
        )
    data, personal = fact.split()
    origin = origin_of(cause)
    identity = uuid4()
    event = Event(
        uuid=identity,
        type=type(fact).__name__,
        version=fact.version,
        stream=fact.stream,
        key=fact.key,
        data=data,
        correlation=origin.correlation or identity,
        causation=origin.causation,
        traceparent=origin.traceparent,
        quiet=origin.quiet,
    )
    try:
        event.pk = _insert(event, EVENT)
    except IntegrityError as error:
        if not any(name in str(error) for name in ONCE_PER_STREAM):
            raise
        raise AlreadyStated(f"{event.type} was already stated for {event.stream}.") from error
    event._state.adding = False
    del event.at  # the database has set it; who asks for it reads it from there
    if personal:
        _insert(PersonalData(event=event, data=personal), ("event", "data"))
    _insert(Outbox(event=event), ("event",))
    return event


def _insert(row: "Model", names: Sequence[str]) -> Any:
    """Insert these fields of a new row; returns its primary key.

    In SQL, without Django's own preparations, which take longer than the database does: every
    checkout and many a handler publishes.
    """
    meta = row._meta
    fields: list[Any] = [meta.get_field(name) for name in names]
    columns = ", ".join(field.column for field in fields)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    with transaction.mark_for_rollback_on_error("default"), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {meta.db_table} ({columns}) VALUES ({', '.join(['%s'] * len(values))}) "
            f"RETURNING {meta.pk.column}",
            values,
        )
        return cursor.fetchone()[0]
