"""Checks, their findings, and running them."""

import logging
from collections.abc import Callable, Iterable, Iterator

from bus.audit.findings import Finding
from bus.redaction import kind, kinds
from bus.store.snapshot import one_moment

log = logging.getLogger(__name__)

TRY_AGAIN = "The log says where it failed. Correct that, and run manage.py audit again."


Check = Callable[[], Iterable[Finding]]

by_rule: dict[str, Check] = {}
"""The checks of this process. `check` adds to it."""


def check(rule: str) -> Callable[[Check], Check]:
    """Register a check under its rule, a sentence that must be true."""

    def register(function: Check) -> Check:
        by_rule[rule] = function
        return function

    return register


def findings(function: Check) -> list[Finding]:
    """The findings of a check in one snapshot of the database."""
    with one_moment():
        return list(function())


def run_checks() -> dict[str, list[Finding]]:
    """The findings of every registered check by its rule, in the order of registration."""
    return dict(answers())


def answers() -> Iterator[tuple[str, list[Finding]]]:
    """The same, one by one. A check that fails is a finding, and the next one runs."""
    for rule, function in by_rule.items():
        found: list[Finding] = []
        try:
            with one_moment():
                for finding in function():
                    found.append(finding)
        except Exception as error:
            # The texts of errors may contain personal data; the log has the place.
            log.error("audit: %s: the check failed\n%s", rule, kinds(error))
            found.append(Finding("the check", f"failed: {kind(error)}", asks=TRY_AGAIN))
        yield rule, found
