"""The event bus: publish facts, subscribe to them, keep a ledger of what was done about them."""

from bus.facts import Fact
from bus.publishing import publish
from bus.registry import AfterDone, Queue, subscribe
from bus.retry import Ambiguous, Retry, TryLater

__all__ = [
    "AfterDone",
    "Ambiguous",
    "Fact",
    "Queue",
    "Retry",
    "TryLater",
    "publish",
    "subscribe",
]
