"""What the shop holds of a person, for the person (GDPR, articles 15 and 20).

Each app registers its part, so that the export names none of them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]
Read = Callable[[Sequence[str]], Rows]
"""Returns what an app holds of the orders with these numbers: a mapping of plain values a row."""

_parts: dict[str, Read] = {}


def personal(name: str) -> Callable[[Read], Read]:
    """Register the decorated function, as the part `name` of the export. Call it once a name, in
    a module `personal` of the app."""

    def register(read: Read) -> Read:
        _parts[name] = read
        return read

    return register


def parts_of(numbers: Sequence[str]) -> dict[str, Rows]:
    """What each app holds of a person's orders, by the names of the parts."""
    return {name: _parts[name](numbers) for name in sorted(_parts)}
