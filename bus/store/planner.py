"""How PostgreSQL plans the statements of the bus: by an index, however small it takes a table for.

A statement that a connection has run five times keeps its plan. Made while the ledger is new, that
plan reads the whole table, and goes on doing so while the table grows, until statistics are taken.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from bus.store.database import db

# Without jit: a plan that cannot do without a sequential scan is taken for so dear that PostgreSQL
# would compile it, which takes longer than any statement of the bus.
BY_INDEX = {"enable_seqscan": "off", "jit": "off"}

LARGE = 1024 * 1024
"""Bytes. In a ledger of that size no plan finds a delivery by its id but by the index: 128 pages
read in a row count as dearer than ten that are read by their place."""

READ_EVERY = 60.0
"""Seconds between two reads of the size of a large ledger by a process: it may be emptied."""


class LedgerSize:
    """Whether PostgreSQL's ledger is large, as this process has read; then nothing is set."""

    def __init__(self) -> None:
        self._large_until = 0.0

    @property
    def is_large(self) -> bool:
        return time.monotonic() < self._large_until

    def learn(self, size: int) -> None:
        self._large_until = time.monotonic() + READ_EVERY if size >= LARGE else 0.0

    def forget(self) -> None:
        self._large_until = 0.0


ledger_size = LedgerSize()


def plan_by_index() -> None:
    """Plan what the rest of this transaction runs without sequential scans."""
    _set(BY_INDEX)


@contextmanager
def planned_by_index() -> Iterator[None]:
    """The same for statements that find deliveries by their ids, among those of a handler.

    What the handler runs itself keeps the plans it would have had. After an error nothing is set
    back: the roll-back does that.
    """
    if ledger_size.is_large:
        yield
        return
    before = _set(BY_INDEX)
    yield
    if before:
        _set(before)


def _set(values: dict[str, str]) -> dict[str, str]:
    """Set these for the rest of the transaction; returns what they were."""
    found = db.set_planner(values)
    if found is None:
        return {}
    size, before = found
    ledger_size.learn(size)
    return before
