"""Repairs of findings, as far as rows and events prove what is right."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bus.audit.findings import Finding, Operator

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Repaired:
    """The repair of one finding."""

    rule: str
    subject: str
    done: str


def repair(found: Mapping[str, Sequence[Finding]], operator: Operator) -> Iterator[Repaired]:
    """Repair what has a repair. One that fails is reported, and the next one runs."""
    for rule, findings in found.items():
        for finding in findings:
            if finding.repair is None:
                continue
            try:
                done = finding.repair(operator)
            except Exception as error:
                # The kind only: its text may contain personal data.
                log.warning("repair of %s failed with %s", finding.subject, type(error).__name__)
                done = f"failed with {type(error).__name__}: run the audit again"
            if done:
                yield Repaired(rule, finding.subject, done)
