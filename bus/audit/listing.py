"""The elements of a list in an event, for rules that compare them in the database."""

from django.db import connection


def listed(field: str) -> str:
    """A source of rows in SQL about the event `e`: `l.value` is one element of that list each."""
    if connection.vendor == "postgresql":
        return f"jsonb_array_elements(e.data -> '{field}') AS l(value)"
    return f"json_each(e.data, '$.{field}') AS l"
