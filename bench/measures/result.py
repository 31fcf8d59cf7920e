"""What a measurement gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.bars import Bar

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is done; `quick` for a look in under three minutes."""

    quick: bool
    repetitions: int
    orders: int
    seconds: float
    deliveries: int
    burst: int
    """Deliveries in one turn of two ledgers."""
    history: tuple[int, ...]
    """Finished deliveries in the ledger, one after the other."""
    starts: int
    """New ledgers on which a pace must hold."""
    turns: int
    """Of each of them, and of one beside a held snapshot."""
    loads: int
    """Of each page."""


QUICK = Size(
    quick=True, repetitions=1, orders=150, seconds=5, deliveries=5_000, burst=5_000,
    history=(100_000,), starts=1, turns=3, loads=3,
)  # fmt: skip
FULL = Size(
    quick=False, repetitions=5, orders=300, seconds=40, deliveries=20_000, burst=10_000,
    history=(1_000_000, 10_000_000), starts=5, turns=10, loads=15,
)  # fmt: skip


@dataclass
class Table:
    """Rows for people; the first row is the head."""

    title: str
    rows: list[list[str]]
    note: str = ""


@dataclass
class Result:
    bars: list[Bar] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    unusable: int = 0
    """Repetitions during which something else took over a tenth of the machine."""
