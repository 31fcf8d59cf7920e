"""Operations on the ledger. Each records who did it, when and why."""

from bus.ops import bulk
from bus.ops.deliveries import deliver_again, discard, left_by
from bus.ops.log import LONGEST_WHO, Refused, count_on, record
from bus.ops.notes import LONGEST_NOTE, note
from bus.ops.selection import Filter, Selection, counted
from bus.ops.subscriptions import active, active_in, pause, resume, retire

__all__ = [
    "LONGEST_NOTE",
    "LONGEST_WHO",
    "Filter",
    "Refused",
    "Selection",
    "active",
    "active_in",
    "bulk",
    "count_on",
    "counted",
    "deliver_again",
    "discard",
    "left_by",
    "note",
    "pause",
    "record",
    "resume",
    "retire",
]
