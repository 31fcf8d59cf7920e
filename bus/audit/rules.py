"""Rules that can be checked at any time, and what a check finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bus.audit.repairing import Repair
from bus.moment import one_moment


@dataclass(frozen=True)
class Finding:
    """Something that should not be. Names ids, never persons.

    `repair` mends it; where none can without inventing a fact, `asks` says what a person must do.
    """

    subject: str
    what: str
    asks: str = ""
    repair: Repair | None = None


Check = Callable[[], Iterable[Finding]]

_checks: dict[str, Check] = {}


def check(rule: str) -> Callable[[Check], Check]:
    """Register a check by the rule that it watches, as a sentence."""

    def register(function: Check) -> Check:
        _checks[rule] = function
        return function

    return register


def findings(function: Check) -> list[Finding]:
    """What a check finds at one moment: what happens meanwhile is no finding."""
    with one_moment():
        return list(function())


def run_checks() -> dict[str, list[Finding]]:
    """What every registered check finds, by its rule, in the order of registration."""
    return {rule: findings(function) for rule, function in _checks.items()}
