"""The audit: each room says how its own rows must agree with the events, and is asked at night."""

from bus.audit.deliveries import events_not_owed, facts_stated_once, owed_once
from bus.audit.doubles import once
from bus.audit.effects import NEVER, Effect, effects, key_of
from bus.audit.repairing import Mended, Operator, repair
from bus.audit.rules import Check, Finding, check, findings, run_checks

__all__ = [
    "NEVER",
    "Check",
    "Effect",
    "Finding",
    "Mended",
    "Operator",
    "check",
    "effects",
    "events_not_owed",
    "facts_stated_once",
    "findings",
    "key_of",
    "once",
    "owed_once",
    "repair",
    "run_checks",
]
