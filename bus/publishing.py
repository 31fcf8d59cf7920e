"""Publish: insert an event and its outbox row in the transaction that makes the event true."""

from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction

from bus import spans
from bus.context import note_published, origin_of
from bus.events import DomainEvent
from bus.spans import Kind

if TYPE_CHECKING:
    from bus.models import Event

ONCE_PER_STREAM = ("bus_event_once_per_stream", "bus_event.stream, bus_event.key")
"""The names that PostgreSQL and SQLite give to the constraint on an event's key."""


class NotInTransaction(RuntimeError):
    """An event was published outside of a transaction."""


class AlreadyPublished(IntegrityError):
    """The stream has an event with this key; the surrounding transaction must be rolled back."""


def publish(event: DomainEvent, *, cause: DomainEvent | None = None) -> "Event":
    """Publish an event in the transaction that makes it true: both are committed, or neither is.

    Uses the database only, never the broker. A handler of a batch names the event that led to this
    one as `cause`. A handler of one event need not, and outside of handlers there is none.

    Raises:
        NotInTransaction: outside `transaction.atomic()`.
        AlreadyPublished: the event's key is in its stream already.
    """
    # Models cannot be imported before Django has loaded its apps, and `bus` is imported by then.
    from bus.store import outbox

    if not connection.in_atomic_block:
        raise NotInTransaction(
            f"publish({type(event).__name__}) needs a transaction: put it and the change that it "
            "reports into one `with transaction.atomic():`."
        )
    origin = origin_of(cause)
    name, about = type(event).__name__, {"stream": event.stream}
    try:
        with spans.span(f"publish {name}", Kind.PRODUCER, origin.traceparent, about) as span:
            if span.traceparent != origin.traceparent:
                origin = replace(origin, traceparent=span.traceparent)
            row, personal = outbox.new_row(event, origin)
            with transaction.mark_for_rollback_on_error("default"):
                row.pk = outbox.insert(row, personal, event.person)
    except IntegrityError as error:
        if not any(name in str(error) for name in ONCE_PER_STREAM):
            raise
        raise AlreadyPublished(f"{row.type} is in the stream {row.stream} already.") from error
    note_published(row.stream, row.uuid)
    row._state.adding = False
    del row.at  # set by the database; read from there when it is needed
    return row
