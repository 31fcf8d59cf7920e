"""What the audit finds, and who has it repaired."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bus.ops.deliveries import deliver_again
from bus.ops.log import record


@dataclass(frozen=True)
class Operator:
    """Who has something mended, and why."""

    name: str
    why: str = ""

    def record(self, subject: str, done: str) -> str:
        """Write down what was done, in the transaction that did it; returns `done`."""
        record(self.name, "repair", subject, why=f"{done}. {self.why}".strip())
        return done

    def deliver_again(self, delivery: int | Sequence[int], because: str) -> str:
        """Make one or more due again; their handlers' own keys keep the effect from doubling."""
        which = [delivery] if isinstance(delivery, int) else delivery
        why = f"{because}. {self.why}".strip()
        deliver_again(which, by=self.name, why=why, finished=True)
        if isinstance(delivery, int):
            return f"delivery {delivery} is due again"
        return f"{len(delivery)} deliveries are due again"


Repair = Callable[[Operator], str]
"""Looks again under a lock, mends in one transaction, writes it down, and says what was done;
empty where nothing was left to mend."""


@dataclass(frozen=True)
class Finding:
    """Something that should not be. Names ids, never persons.

    `repair` mends it; where none can without inventing an event, `asks` says what a person must do.
    `unseen`: the check cannot be asked where it runs, a container without the documents for
    example. That is neither a clean answer nor a violation.
    """

    subject: str
    what: str
    asks: str = ""
    repair: Repair | None = None
    unseen: bool = False


def violations(found: Iterable[Finding]) -> list[Finding]:
    """Without what could not be seen."""
    return [finding for finding in found if not finding.unseen]
