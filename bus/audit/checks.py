"""Rules that can be checked at any time, and what a check finds."""

import logging
from collections.abc import Callable, Iterable, Iterator

from bus.audit.findings import Finding
from bus.redaction import kind, kinds
from bus.store.snapshot import one_moment

log = logging.getLogger(__name__)

TRY_AGAIN = "Look into the log for where it failed, mend that, and run manage.py audit again."


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
    return dict(answers())


def answers() -> Iterator[tuple[str, list[Finding]]]:
    """The same, check by check. One that fails says so itself, and keeps no other from its turn."""
    for rule, function in _checks.items():
        found: list[Finding] = []
        try:
            with one_moment():
                for finding in function():
                    found.append(finding)
        except Exception as error:
            # The texts of errors may name somebody; the log has where it happened.
            log.error("audit: %s: could not be asked\n%s", rule, kinds(error))
            found.append(Finding("the check", f"could not be asked: {kind(error)}", asks=TRY_AGAIN))
        yield rule, found
