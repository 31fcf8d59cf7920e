"""What the checker says in the end."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Violation:
    """A promise that was not kept: which one, by what, and how. Names ids, never persons."""

    promise: str
    subject: str
    what: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.subject} {self.what}"


@dataclass
class Verdict:
    """`lost` and `doubled` hold an effect each; `ambiguous` counts mails that came twice."""

    orders: int
    deliveries: int
    faults: int
    lost: list[Violation]
    doubled: list[Violation]
    ambiguous: int
    violations: list[Violation] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """Figures that were measured on the way, a line each."""

    @property
    def all(self) -> list[Violation]:
        return [*self.lost, *self.doubled, *self.violations]

    @property
    def kept(self) -> bool:
        """Whether every promise was."""
        return not self.all

    def __str__(self) -> str:
        return (
            f"verdict: orders {self.orders}, deliveries {self.deliveries}, faults {self.faults}, "
            f"lost {len(self.lost)}, doubled {len(self.doubled)}, ambiguous {self.ambiguous}"
        )
