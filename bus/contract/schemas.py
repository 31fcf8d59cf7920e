"""The JSON Schema of an event's data."""

from datetime import datetime
from typing import Any

import msgspec

from bus.contract.types import EventType, fields_explained, paragraphs, structs_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"

PERSONAL = "x-personal"
"""The mark of a field with personal data. It is never required: it can be erased, and those who
read events from outside do not all get it."""

Schema = dict[str, Any]


def schema_of(event: EventType) -> Schema:
    """The schema of an event's data, personal data included, explained by the docstrings."""
    _refs, parts = msgspec.json.schema_components((event,), ref_template="#/$defs/{name}")
    structs = structs_of(event)
    for name, part in parts.items():
        if name in structs:  # enumerations are parts, too
            _explain(part, structs[name])
    whole = parts.pop(event.__name__)
    for name in event.personal:
        whole["properties"][name][PERSONAL] = True
    whole["required"] = [name for name in whole["required"] if name not in event.personal]
    return {"$schema": DIALECT, **whole, **({"$defs": parts} if parts else {})}


def _explain(part: Schema, struct: type[msgspec.Struct]) -> None:
    if "description" in part:
        part["description"] = paragraphs(part["description"])
    for field in msgspec.structs.fields(struct):
        if field.type is datetime:
            # msgspec says no format: a datetime may be naive. Django's, with USE_TZ, are not.
            part["properties"][field.encode_name]["format"] = "date-time"
    for name, text in fields_explained(struct).items():
        part["properties"][name]["description"] = text
