"""The event bus: publish events, subscribe to them, keep a ledger of what was done about them."""

from bus.events import DomainEvent
from bus.handlers import AfterDone, Queue, subscribe
from bus.publishing import publish
from bus.retry import Ambiguous, Retry, TryLater

__all__ = [
    "AfterDone",
    "Ambiguous",
    "DomainEvent",
    "Queue",
    "Retry",
    "TryLater",
    "publish",
    "subscribe",
]
