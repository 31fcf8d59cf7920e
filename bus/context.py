"""What is being handled: the cause of events published meanwhile, and the ids of log lines."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from bus import spans
from bus.events import DomainEvent
from bus.spans import Kind


@dataclass(frozen=True)
class Origin:
    """The origin of an event: its trace, and the event that caused it."""

    correlation: UUID | None = None
    causation: UUID | None = None
    traceparent: str = ""
    suppressed: bool = False
    """Effects outside the project are suppressed."""
    stream: str = ""
    """Of the event that caused it."""
    delivery: int | None = None
    """By which the event that caused it is handled."""
    attempt: int = 0
    """Of this delivery; set where spans are recorded."""


@dataclass(frozen=True)
class Message:
    """The message that is being handled; `begun` are the origins of what was started of it."""

    subscription: str
    deliveries: Sequence[int]
    begun: Sequence[Origin] = ()


_message: ContextVar[Message | None] = ContextVar("message", default=None)


_handled: ContextVar[list[tuple[DomainEvent, Origin]]] = ContextVar("handled", default=[])  # noqa: B039 -- never changed in place


_traceparent: ContextVar[str] = ContextVar("traceparent", default="")
_published: ContextVar[tuple[str, UUID] | None] = ContextVar("published", default=None)


@contextmanager
def traced(traceparent: str) -> Iterator[None]:
    """Set the trace (W3C Trace Context) of events published inside, but by handlers."""
    before, nothing = _traceparent.set(traceparent), _published.set(None)
    try:
        yield
    finally:
        _published.reset(nothing)
        _traceparent.reset(before)


def note_published(stream: str, event: UUID) -> None:
    """Let the rest of a request's log lines name what it has published."""
    if _traceparent.get():
        _published.set((stream, event))


@contextmanager
def message_of(subscription: str, deliveries: Sequence[int]) -> Iterator[None]:
    """Set what log lines inside are about: deliveries of a subscription."""
    before = _message.set(Message(subscription, deliveries))
    try:
        yield
    finally:
        _message.reset(before)


def note_begun(origins: Sequence[Origin]) -> None:
    """These deliveries of the message were started; log lines name their events as well."""
    if message := _message.get():
        _message.set(replace(message, begun=origins))


@contextmanager
def about(origin: Origin) -> Iterator[None]:
    """Set the one delivery that log lines inside are about."""
    message = _message.get()
    before = _message.set(message and replace(message, begun=(origin,)))
    try:
        yield
    finally:
        _message.reset(before)


@contextmanager
def handling(events: list[tuple[DomainEvent, Origin]], doing: str = "handle") -> Iterator[None]:
    """Set the events that are handled inside; a span for each, in the trace of its event."""
    with ExitStack() as recorded:
        if spans.are_recorded():
            events = [
                (event, recorded.enter_context(_recorded(origin, doing)))
                for event, origin in events
            ]
        before = _handled.set(events)
        try:
            yield
        finally:
            _handled.reset(before)


@contextmanager
def _recorded(origin: Origin, doing: str) -> Iterator[Origin]:
    """A span of the delivery; what follows from it belongs to that."""
    message = _message.get()
    about: dict[str, Any] = {"stream": origin.stream, "event": str(origin.causation or "")}
    if message and origin.delivery:
        about |= {"subscription": message.subscription, "delivery": origin.delivery}
        about["attempt"] = origin.attempt
    name = f"{doing} {message.subscription}" if message else doing
    with spans.span(name, Kind.CONSUMER, origin.traceparent, about) as span:
        yield replace(origin, traceparent=span.traceparent)


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


def ids() -> dict[str, Any]:
    """What is being done, for a log line: subscription, delivery, stream, event and trace, as far
    as they are known. Each is a list if there are several. They name no person."""
    message = _message.get()
    origins = [origin for _event, origin in _handled.get()] or (message.begun if message else ())
    if origins:
        found = {
            "delivery": _one_or_all(one.delivery for one in origins),
            "stream": _one_or_all(one.stream for one in origins),
            "event": _one_or_all(str(one.causation or "") for one in origins),
            "trace": _one_or_all(one.traceparent[3:35] for one in origins),
        }
    elif message:
        found = {"delivery": _one_or_all(message.deliveries)}
    else:
        stream, event = _published.get() or ("", "")
        found = {"stream": stream, "event": str(event), "trace": _traceparent.get()[3:35]}
    subscription = {"subscription": message.subscription} if message else {}
    return subscription | {name: value for name, value in found.items() if value}


def _one_or_all(values: Iterable[Any]) -> Any:
    found = list(dict.fromkeys(value for value in values if value))
    return found[0] if len(found) == 1 else found
