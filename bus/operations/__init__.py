"""What an operator can do to the ledger. Each writes down who did it, when and why."""

from bus.operations import bulk
from bus.operations.deliveries import deliver_again, discard
from bus.operations.leaving import left_by
from bus.operations.records import LONGEST_WHO, Refused, count_on, record
from bus.operations.selection import Filter, Selection, counted
from bus.operations.subscriptions import active, pause, resume, retire

__all__ = [
    "LONGEST_WHO",
    "Filter",
    "Refused",
    "Selection",
    "active",
    "bulk",
    "count_on",
    "counted",
    "deliver_again",
    "discard",
    "left_by",
    "pause",
    "record",
    "resume",
    "retire",
]
