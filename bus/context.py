"""The events that are being handled: the cause of those published meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from bus.events import DomainEvent


@dataclass(frozen=True)
class Origin:
    """The origin of an event: its trace, and the event that caused it."""

    correlation: UUID | None = None
    causation: UUID | None = None
    traceparent: str = ""
    suppressed: bool = False
    """Effects outside the project are suppressed."""


_handled: ContextVar[list[tuple[DomainEvent, Origin]]] = ContextVar("handled", default=[])  # noqa: B039 -- never changed in place


_traceparent: ContextVar[str] = ContextVar("traceparent", default="")


@contextmanager
def traced(traceparent: str) -> Iterator[None]:
    """Set the trace (W3C Trace Context) of events published inside, but by handlers."""
    before = _traceparent.set(traceparent)
    try:
        yield
    finally:
        _traceparent.reset(before)


@contextmanager
def handling(events: list[tuple[DomainEvent, Origin]]) -> Iterator[None]:
    """Set the events that are handled inside."""
    before = _handled.set(events)
    try:
        yield
    finally:
        _handled.reset(before)


def origin_of(cause: DomainEvent | None) -> Origin:
    """The origin for an event published now.

    Raises:
        LookupError: events are being handled and `cause` names none of them, or several are and
            it is not given.
    """
    handled = _handled.get()
    if cause is not None and handled:
        for event, origin in handled:
            if event is cause:
                return origin
        raise LookupError("publish(cause=...) must be one of the events that are being handled.")
    if len(handled) > 1:
        raise LookupError(
            "A batch is being handled: name the one that led to it, publish(event, cause=...)."
        )
    return handled[0][1] if handled else Origin(traceparent=_traceparent.get())
