"""What may not change in a version of an event that has been published.

Both directions count: today's code reads what is in the ledger, and consumers who know the
published schema read what today's code publishes.
"""

import json
from collections.abc import Iterator
from typing import Any

from bus.contract.schemas import PERSONAL, Schema

EXPLAINED = {"$schema", "$defs", "$ref", "title", "description", "default", PERSONAL}
"""Keywords that constrain no value, or are looked at by themselves."""

NESTED = {"properties", "required", "items", "prefixItems", "anyOf"}


def breaks(published: Schema, today: Schema) -> list[str]:
    """The incompatible changes, each with the place of its field; a new optional field is none."""
    return list(_Comparison(published, today).changes("", published, today))


class _Comparison:
    def __init__(self, published: Schema, today: Schema) -> None:
        self.published, self.today = published, today
        self.compared: set[tuple[Any, Any]] = set()

    def changes(self, place: str, was: Schema, now: Schema) -> Iterator[str]:
        """Each definition is compared once; it may refer to itself."""
        refs = was.get("$ref"), now.get("$ref")
        if refs in self.compared:
            return
        if any(refs):
            self.compared.add(refs)
        was, now = _resolved(self.published, was), _resolved(self.today, now)
        if _constraints(was) != _constraints(now):
            yield f"{place} was {_shown(was)} and is {_shown(now)}"
            return
        yield from self._fields(place, was, now)
        if isinstance(was.get("items"), dict):
            yield from self.changes(f"{place}[]", was["items"], now["items"])
        for keyword in ("prefixItems", "anyOf"):
            pairs = zip(was.get(keyword, ()), now.get(keyword, ()), strict=True)
            for before, after in pairs:
                yield from self.changes(place, before, after)

    def _fields(self, place: str, was: Schema, now: Schema) -> Iterator[str]:
        before, after = was.get("properties", {}), now.get("properties", {})
        for name in before:
            field = f"{place}.{name}".lstrip(".")
            if name not in after:
                yield f"{field} is removed"
                continue
            if _is_needed(was, name) != _is_needed(now, name):
                yield f"{field} is {'required' if _is_needed(now, name) else 'optional'} now"
            if PERSONAL in before[name] or PERSONAL in after[name]:
                if PERSONAL not in before[name]:
                    yield f"{field} is personal data now"
                elif PERSONAL not in after[name]:
                    yield f"{field} is not personal data any more"
            yield from self.changes(field, before[name], after[name])
        for name in after.keys() - before.keys():
            if _is_needed(now, name):
                yield f"{place}.{name} is new and required".lstrip(".")


def _is_needed(schema: Schema, name: str) -> bool:
    """Whether data without this field could not be read."""
    field = schema["properties"][name]
    return name in schema["required"] or (PERSONAL in field and "default" not in field)


def _resolved(whole: Schema, part: Schema) -> Schema:
    name = part.get("$ref", "").removeprefix("#/$defs/")
    return whole["$defs"][name] if name else part


def _constraints(schema: Schema) -> Schema:
    """What is compared as it stands, and how many parts there are of the rest."""
    counts = {name: len(schema[name]) for name in ("prefixItems", "anyOf") if name in schema}
    rest = schema.keys() - EXPLAINED - NESTED
    # The items of a tuple are False: no others.
    items = {"items": bool(schema["items"])} if "items" in schema else {}
    return counts | items | {name: schema[name] for name in sorted(rest)}


def _shown(schema: Schema) -> str:
    kept = {name: value for name, value in schema.items() if name not in EXPLAINED}
    return json.dumps(kept, ensure_ascii=False)
