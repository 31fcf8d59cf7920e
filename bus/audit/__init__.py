"""The audit: checks of the bus and of each app that rows and events agree."""

from bus.audit.checks import Check, answers, check, findings, run_checks
from bus.audit.constraints import constraints_exist
from bus.audit.effects import NEVER, Effect, effects, key_of
from bus.audit.findings import Finding, Operator, violations
from bus.audit.ledger import events_have_deliveries
from bus.audit.repairs import Repaired, repair
from bus.audit.results import keep
from bus.audit.stalled import (
    due_and_not_started,
    events_not_fanned_out,
    lost_in_flight,
    retired_with_open,
)

__all__ = [
    "NEVER",
    "Check",
    "Effect",
    "Finding",
    "Operator",
    "Repaired",
    "answers",
    "check",
    "constraints_exist",
    "due_and_not_started",
    "effects",
    "events_have_deliveries",
    "events_not_fanned_out",
    "findings",
    "keep",
    "key_of",
    "lost_in_flight",
    "repair",
    "retired_with_open",
    "run_checks",
    "violations",
]
