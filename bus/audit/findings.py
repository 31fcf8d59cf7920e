"""Findings of the audit, and the operator of their repairs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bus.ops.deliveries import deliver_again
from bus.ops.log import record


@dataclass(frozen=True)
class Operator:
    """Who ordered the repairs, and why."""

    name: str
    why: str = ""

    def record(self, subject: str, done: str) -> str:
        """Record a repair in the transaction that makes it; returns `done`."""
        record(self.name, "repair", subject, why=f"{done}. {self.why}".strip())
        return done

    def deliver_again(self, delivery: int | Sequence[int], because: str) -> str:
        """Deliver one or more again; their handlers' unique keys keep effects from doubling."""
        which = [delivery] if isinstance(delivery, int) else delivery
        why = f"{because}. {self.why}".strip()
        deliver_again(which, by=self.name, why=why, finished=True)
        if isinstance(delivery, int):
            return f"delivery {delivery} is due again"
        return f"{len(delivery)} deliveries are due again"


Repair = Callable[[Operator], str]
"""Checks again under a lock, repairs in one transaction, records it, and returns what was done;
empty if there was nothing left to repair."""


@dataclass(frozen=True)
class Finding:
    """A violation of a rule. Names ids, never persons.

    `repair` repairs it. If rows and events do not prove how, it is None, and `asks` says what a
    person must do. `unseen`: the check cannot be made in this process, for example in a container
    without the files that it reads. That is neither a clean result nor a violation.
    """

    subject: str
    what: str
    asks: str = ""
    repair: Repair | None = None
    unseen: bool = False


def violations(found: Iterable[Finding]) -> list[Finding]:
    """The findings but those that are `unseen`."""
    return [finding for finding in found if not finding.unseen]
