"""What the database cannot tell about a history: what each step has changed."""

from collections import Counter
from dataclasses import dataclass, field

from bus.tests.model.ledger import OPEN, Ledger, Row

Hand = tuple[int, int]
"""A delivery, and the token under which somebody has begun it."""

CLOSED = frozenset({"done", "discarded"})


@dataclass
class Memory:
    """What became of each delivery so far."""

    before: Ledger = field(default_factory=lambda: Ledger([], {}, {}, []))
    rows_before: dict[int, Row] = field(default_factory=dict)
    abandoned: set[Hand] = field(default_factory=set)
    """Begun by a process that has died since."""
    reopened: Counter[int] = field(default_factory=Counter)
    """How often a delivery was done and had to be done again, since somebody asked for it."""
    ambiguous: Counter[int] = field(default_factory=Counter)
    """How often nobody could tell, before the ledger began to count anew."""
    late: set[int] = field(default_factory=set)
    """Deliveries that came into their lane when later events might have gone by."""
    hurried: set[int] = field(default_factory=set)
    """Deliveries that an operator may have made due before their time."""
    expected: set[tuple[int, int]] = field(default_factory=set)
    """Pairs of an event and a subscription."""
    now: float = 0
    born: dict[int, float] = field(default_factory=dict)
    """When an event was first seen, by `now`."""

    def observe(self, ledger: Ledger) -> None:
        """Learn from what has changed since the last look."""
        for row in ledger.rows:
            self._learn(row, self.rows_before.get(row.id))
        for event in ledger.events.values():
            self.born.setdefault(event.id, self.now)
            before = self.before.events.get(event.id)
            if event.routed and not (before and before.routed):
                self.owe(ledger, event.id)
        self.before = ledger
        self.rows_before = {row.id: row for row in ledger.rows}

    def _learn(self, row: Row, before: Row | None) -> None:
        if before is None:
            event = self.before.events.get(row.event)
            if event and event.routed:
                self.late.add(row.id)
            return
        if before.state == "done" and row.state != "done":
            self.reopened[row.id] += 1
        if before.state in CLOSED and row.state in OPEN:
            self.late.add(row.id)
        if row.ambiguous < before.ambiguous:
            self.ambiguous[row.id] += before.ambiguous

    def owe(self, ledger: Ledger, event: int, only: str = "") -> None:
        """A delivery for every active subscription of its type, or for the one of that name."""
        for subscription in ledger.subscriptions.values():
            if (
                subscription.event_type == ledger.events[event].type
                and not subscription.retired
                and only in ("", subscription.toy)
            ):
                self.expected.add((event, subscription.id))

    def times_done(self, row: Row) -> int:
        return self.reopened[row.id] + (row.state == "done")

    def times_ambiguous(self, row: Row) -> int:
        return self.ambiguous[row.id] + row.ambiguous
