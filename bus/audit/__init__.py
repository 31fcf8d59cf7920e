"""The audit: each room says how its own rows must agree with the events, and is asked at night."""

from bus.audit.checks import Check, answers, check, findings, run_checks
from bus.audit.constraints import constraints_exist
from bus.audit.effects import NEVER, Effect, effects, key_of
from bus.audit.findings import Finding, Operator, violations
from bus.audit.ledger import events_not_owed
from bus.audit.repairs import Mended, repair
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
    "constraints_exist",
    "due_and_not_begun",
    "effects",
    "events_not_owed",
    "events_not_routed",
    "findings",
    "keep",
    "key_of",
    "lost_in_flight",
    "repair",
    "retired_with_open",
    "run_checks",
    "violations",
]
