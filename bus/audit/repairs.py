"""Mending what the audit found, as far as the rows and events themselves say how it must be."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bus.audit.findings import Finding, Operator

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mended:
    """What was done about one finding."""

    rule: str
    subject: str
    done: str


def repair(found: Mapping[str, Sequence[Finding]], operator: Operator) -> Iterator[Mended]:
    """Mend what can be mended, rule by rule. What fails is told, and keeps nothing else from it."""
    for rule, findings in found.items():
        for finding in findings:
            if finding.repair is None:
                continue
            try:
                done = finding.repair(operator)
            except Exception as error:
                # The kind alone: its text may name somebody.
                log.warning("repair of %s failed with %s", finding.subject, type(error).__name__)
                done = f"failed with {type(error).__name__}: run the audit again"
            if done:
                yield Mended(rule, finding.subject, done)
