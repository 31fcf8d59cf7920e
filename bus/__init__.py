"""The event bus: publish events, subscribe handlers to them, keep a ledger of the deliveries."""

from bus.alerts import DeliveryDied, QueueStuck
from bus.events import DomainEvent, PersonalDataErased
from bus.handlers import AfterDone, subscribe
from bus.publishing import publish
from bus.queues import Queue
from bus.retry import Ambiguous, Retry, TryLater

__all__ = [
    "AfterDone",
    "Ambiguous",
    "DeliveryDied",
    "DomainEvent",
    "PersonalDataErased",
    "Queue",
    "QueueStuck",
    "Retry",
    "TryLater",
    "publish",
    "subscribe",
]
