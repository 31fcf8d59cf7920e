"""The bars: what must hold, what was measured, and whether it does."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

OTHER_LOAD = "not judged: other load"


@dataclass(frozen=True)
class Bar:
    """`value` must be at most, or at least, `limit`. `note` says why it was not judged."""

    name: str
    value: float
    limit: float
    unit: str = ""
    at_least: bool = False
    note: str = ""

    @property
    def judged(self) -> bool:
        return not self.note

    @property
    def holds(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def asked(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}{self.unit}"

    @property
    def measured(self) -> str:
        return f"{self.value:{',.0f' if self.value >= 1000 else '.3g'}}{self.unit}"

    @property
    def verdict(self) -> str:
        if self.note:
            return self.note
        return "holds" if self.holds else "BROKEN"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed (nearest rank).

    Not a number where there are none, so that it holds no bar.
    """
    ranked = sorted(values)
    return ranked[max(0, math.ceil(round(len(ranked) * share, 6)) - 1)] if ranked else math.nan


def ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """The median of the pairs' ratios: what slowed the machine down slowed both down.

    Not a number where there are none.
    """
    pairs = [a / b for a, b in zip(one, other, strict=True)]
    return statistics.median(pairs) if pairs else math.nan
