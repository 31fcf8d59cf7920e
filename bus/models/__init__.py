"""The tables of the bus."""

from bus.models.console import Console, JobRun, Pace, WorkerState
from bus.models.delivery import (
    IN_FLIGHT,
    INDEXED,
    IS_OPEN,
    OPEN,
    Delivery,
    Queue,
    State,
    Subscription,
)
from bus.models.events import Event, Outbox, Person, PersonalData
from bus.models.failures import Alert, FailedAttempt, FailureNote
from bus.models.operator import AuditResult, BulkOperation, OperatorAction, RelayState

__all__ = [
    "INDEXED",
    "IN_FLIGHT",
    "IS_OPEN",
    "OPEN",
    "Alert",
    "AuditResult",
    "BulkOperation",
    "Console",
    "Delivery",
    "Event",
    "FailedAttempt",
    "FailureNote",
    "JobRun",
    "OperatorAction",
    "Outbox",
    "Pace",
    "Person",
    "PersonalData",
    "Queue",
    "RelayState",
    "State",
    "Subscription",
    "WorkerState",
]
