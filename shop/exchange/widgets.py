"""How the cells of an imported table are read; each refuses with a sentence for its row."""

import re
from decimal import Decimal
from typing import Any

from import_export.widgets import Widget

YES = {"yes", "true", "1"}
NO = {"no", "false", "0"}
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")
"""No exponents: with one, a few letters make a number that no column and no rounding can hold."""


class Text(Widget):
    """A text, stripped; an empty cell is an empty text."""

    def clean(self, value: Any, *_: Any, **_options: Any) -> str:
        return str(value).strip()

    def render(self, value: Any, *_: Any, **_options: Any) -> str:
        return "" if value is None else str(value)


class Truth(Text):
    """`yes` or `no`, which are also written; `true`, `false`, `1` and `0` are read."""

    def clean(self, value: Any, *_: Any, **_options: Any) -> Any:
        word = str(value).strip().casefold()
        if word not in YES | NO:
            raise ValueError(f"{str(value)[:40]!r} is neither yes nor no.")
        return word in YES

    def render(self, value: Any, *_: Any, **_options: Any) -> str:
        return "yes" if value else "no"


class Number(Text):
    """A decimal number with a point; None for an empty cell."""

    refusal = "is no number; write it like 12.50."

    def clean(self, value: Any, *_: Any, **_options: Any) -> Any:
        text = str(value).strip()
        if not text:
            return None
        if not NUMBER.fullmatch(text):
            raise self._refused(text)
        return Decimal(text)

    def _refused(self, value: Any) -> ValueError:
        return ValueError(f"{str(value).strip()[:40]!r} {self.refusal}")


class Whole(Number):
    """A whole number, 0 or more; None for an empty cell."""

    def clean(self, value: Any, *_: Any, **_options: Any) -> Any:
        number = super().clean(value)
        if number is None:
            return None
        if number != number.to_integral_value():
            raise ValueError(f"{str(value).strip()!r} is no whole number.")
        if number < 0:
            raise ValueError(f"{str(value).strip()!r} is below 0.")
        return int(number)
