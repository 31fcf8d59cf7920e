"""Mending what the audit found, as far as the rows and events themselves say how it must be."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bus import ops

if TYPE_CHECKING:
    from bus.audit.checks import Finding

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Operator:
    """Who has something mended, and why."""

    name: str
    why: str = ""

    def record(self, subject: str, done: str) -> str:
        """Write down what was done, in the transaction that did it; returns `done`."""
        ops.record(self.name, "repair", subject, why=f"{done}. {self.why}".strip())
        return done

    def deliver_again(self, delivery: int | Sequence[int], because: str) -> str:
        """Make one or more due again; their handlers' own keys keep the effect from doubling."""
        which = [delivery] if isinstance(delivery, int) else delivery
        why = f"{because}. {self.why}".strip()
        ops.deliver_again(which, by=self.name, why=why, finished=True)
        if isinstance(delivery, int):
            return f"delivery {delivery} is due again"
        return f"{len(delivery)} deliveries are due again"


Repair = Callable[[Operator], str]
"""Looks again under a lock, mends in one transaction, writes it down, and says what was done;
empty where nothing was left to mend."""


@dataclass(frozen=True)
class Mended:
    """What was done about one finding."""

    rule: str
    subject: str
    done: str


def repair(found: Mapping[str, "Sequence[Finding]"], operator: Operator) -> Iterator[Mended]:
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
