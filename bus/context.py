"""Which events are being handled, so that what is published meanwhile knows its cause."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from bus.facts import Fact


@dataclass(frozen=True)
class Origin:
    """Where an event comes from."""

    correlation: UUID | None = None
    causation: UUID | None = None
    traceparent: str = ""
    quiet: bool = False
    """Nobody outside the shop may notice what comes of it."""


_handled: ContextVar[list[tuple[Fact, Origin]]] = ContextVar("handled", default=[])  # noqa: B039 -- never changed in place


_traceparent: ContextVar[str] = ContextVar("traceparent", default="")


@contextmanager
def traced(traceparent: str) -> Iterator[None]:
    """Say to which trace (W3C Trace Context) belongs what is published inside by no handler."""
    before = _traceparent.set(traceparent)
    try:
        yield
    finally:
        _traceparent.reset(before)


@contextmanager
def handling(facts: list[tuple[Fact, Origin]]) -> Iterator[None]:
    """Say whose handlers run inside."""
    before = _handled.set(facts)
    try:
        yield
    finally:
        _handled.reset(before)


def origin_of(cause: Fact | None) -> Origin:
    """The origin for an event published now.

    Raises:
        LookupError: facts are being handled and `cause` names none of them, or several are and
            it is not given.
    """
    handled = _handled.get()
    if cause is not None and handled:
        for fact, origin in handled:
            if fact is cause:
                return origin
        raise LookupError("publish(cause=...) must be one of the facts that are being handled.")
    if len(handled) > 1:
        raise LookupError("A batch is being handled: say publish(fact, cause=...) for which fact.")
    return handled[0][1] if handled else Origin(traceparent=_traceparent.get())
