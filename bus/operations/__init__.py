"""What an operator can do to the ledger. Each writes down who did it, when and why."""

from bus.operations.deliveries import deliver_again, discard
from bus.operations.records import LONGEST_WHO, Refused, count_on, record
from bus.operations.selection import Filter, Selection
from bus.operations.subscriptions import active, pause, resume, retire

__all__ = [
    "LONGEST_WHO",
    "Filter",
    "Refused",
    "Selection",
    "active",
    "count_on",
    "deliver_again",
    "discard",
    "pause",
    "record",
    "resume",
    "retire",
]
