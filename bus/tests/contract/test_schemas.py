"""What the schema of an event says: its fields, their docstrings, which of them are personal."""

from datetime import datetime
from decimal import Decimal

import msgspec

from bus import DomainEvent
from bus.contract.schemas import schema_of


class Author(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """As the title
    page has it."""


class Shelved(DomainEvent, frozen=True, kw_only=True, rename={"price": "amount"}):
    """A book is
    on its shelf.

    It can be lent.
    """

    personal = ("author",)

    price: Decimal
    """In the library's currency."""
    at: datetime
    place: str = ""
    author: Author


class Lent(Shelved, frozen=True, kw_only=True):
    days: int


def test_schema_has_fields_with_what_explains_them() -> None:
    assert schema_of(Shelved) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Shelved",
        "description": "A book is on its shelf.\n\nIt can be lent.",
        "type": "object",
        "properties": {
            "amount": {
                "type": "string",
                "format": "decimal",
                "description": "In the library's currency.",
            },
            "at": {"type": "string", "format": "date-time"},
            "author": {"$ref": "#/$defs/Author", "x-personal": True},
            "place": {"type": "string", "default": ""},
        },
        "required": ["amount", "at"],
        "$defs": {
            "Author": {
                "title": "Author",
                "type": "object",
                "properties": {
                    "name": {"type": "string", "description": "As the title page has it."}
                },
                "required": ["name"],
            }
        },
    }


def test_fields_of_base_are_explained_in_subclass() -> None:
    schema = schema_of(Lent)

    assert schema["properties"]["amount"]["description"] == "In the library's currency."
    assert schema["properties"]["days"] == {"type": "integer"}
