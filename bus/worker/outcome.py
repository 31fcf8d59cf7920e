"""What became of the deliveries of one message."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bus.models import State


@dataclass
class Outcome:
    """Counts of deliveries; names no event's content, since it is logged and sent to Flower."""

    states: Counter[State] = field(default_factory=Counter)
    handed_back: int = 0
    not_owed: int = 0

    def count(self, states: Iterable[State]) -> None:
        self.states.update(states)

    @property
    def total(self) -> int:
        return self.states.total() + self.handed_back

    def __str__(self) -> str:
        counts = {
            "done": self.states[State.DONE],
            "to try again": self.states[State.WAITING],
            "dead": self.states[State.DEAD],
            "handed back": self.handed_back,
            "not owed": self.not_owed,
        }
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing"
