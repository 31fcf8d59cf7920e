"""The database answers."""

from typing import Any

from django.conf import settings
from django.db import Error
from django.db.utils import ConnectionHandler

from config.checks.check import Check

WHY = "orders, events and the ledger live there"
ANSWER_WITHIN = 3
"""Seconds; the pool that the shop works with would try for longer."""


def check_database() -> Check:
    """One connection of its own, without the pool, and one question."""
    database = _impatient(settings.DATABASES["default"])
    connection = ConnectionHandler({"default": database})["default"]
    try:
        connection.ensure_connection()
    except (Error, OSError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        fix = "Start it, or set DATABASE_URL to one that answers."
        return Check("Database", f"cannot be reached ({reason})", WHY, fix)
    finally:
        connection.close()
    name = database["NAME"]
    return Check("Database", f"{connection.display_name} at {name}", WHY)


def _impatient(database: dict[str, Any]) -> dict[str, Any]:
    options = {key: value for key, value in database["OPTIONS"].items() if key != "pool"}
    if database["ENGINE"].endswith("postgresql"):
        options["connect_timeout"] = ANSWER_WITHIN
    return {**database, "OPTIONS": options}
