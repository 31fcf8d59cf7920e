"""The audit: each room says how its own rows must agree with the events, and is asked at night."""

from bus.audit.checks import Check, Finding, answers, check, findings, run_checks, violations
from bus.audit.duplicates import once
from bus.audit.effects import NEVER, Effect, effects, key_of
from bus.audit.ledger import events_not_owed, events_stated_once, owed_once
from bus.audit.listing import listed
from bus.audit.repairs import Mended, Operator, repair
from bus.audit.results import keep
from bus.audit.stalled import (
    due_and_not_begun,
    events_not_routed,
    lost_in_flight,
    retired_with_open,
)

__all__ = [
    "NEVER",
    "Check",
    "Effect",
    "Finding",
    "Mended",
    "Operator",
    "answers",
    "check",
    "due_and_not_begun",
    "effects",
    "events_not_owed",
    "events_not_routed",
    "events_stated_once",
    "findings",
    "keep",
    "key_of",
    "listed",
    "lost_in_flight",
    "once",
    "owed_once",
    "repair",
    "retired_with_open",
    "run_checks",
    "violations",
]
