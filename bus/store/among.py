"""One condition on many values, as a single parameter of SQL."""

import json
from collections.abc import Collection
from typing import Any

from django.db import connection


def among(values: Collection[int] | Collection[str]) -> tuple[str, Any]:
    """`= one of these` as SQL with one mark, and what belongs to the mark.

    A list of marks would be another statement for every number of values, to be read and planned
    anew; this one is planned once.
    """
    if connection.vendor == "postgresql":
        kind = "text" if any(isinstance(value, str) for value in values) else "bigint"
        return f"= ANY(%s::{kind}[])", list(values)
    return "IN (SELECT value FROM json_each(%s))", json.dumps(list(values))
