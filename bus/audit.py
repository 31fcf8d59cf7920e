"""The audit: each room says how its own rows must agree with the events, and is asked at night."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that should not be. Names ids, never persons."""

    subject: str
    what: str


Check = Callable[[], Iterable[Finding]]

_checks: dict[str, Check] = {}


def check(rule: str) -> Callable[[Check], Check]:
    """Register a check by the rule that it watches, as a sentence."""

    def register(function: Check) -> Check:
        _checks[rule] = function
        return function

    return register


def checks() -> dict[str, Check]:
    """Every registered check by its rule, in the order of registration."""
    return dict(_checks)
