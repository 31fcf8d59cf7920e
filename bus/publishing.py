"""Stating a fact."""

from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import IntegrityError, connection

from bus.context import origin_of
from bus.facts import Fact

if TYPE_CHECKING:
    from bus.models import Event


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
        event.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyStated(f"{event.type} was already stated for {event.stream}.") from error
    if personal:
        PersonalData.objects.create(event=event, data=personal)
    Outbox.objects.create(event=event)
    return event
