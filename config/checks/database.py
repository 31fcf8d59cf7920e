"""The database answers, stores every name, and ends what blocks others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from bus.store.limits import LIMITS, drops_options, missing_limits
from bus.store.limits import encoding as server_encoding
from config.checks.check import Check

WHY = "it holds orders, events and the ledger"
ANSWER_WITHIN = 3
"""Seconds. The web server's pool would try for longer."""
POOLER_REFUSES = "unsupported startup parameter"
"""PgBouncer's error on the limits that a connection starts with."""


def check_database() -> Check:
    """Opens a connection of its own, without the pool."""
    try:
        with _connected() as connection:
            kind = connection.display_name
            encoding = server_encoding(connection)
    except (Error, OSError, TypeError, ImproperlyConfigured) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1].strip().rstrip(".")
        if POOLER_REFUSES in reason:
            fix = f"It is a pooler: set DATABASE_POOLER=1, and {_role_limits()}."
            return Check("Database", "refuses the limits that a connection starts with", WHY, fix)
        fix = "Start it, or set DATABASE_URL to one that answers."
        return Check("Database", f"cannot be reached ({reason})", WHY, fix)
    name = settings.DATABASES["default"]["NAME"]
    if encoding != "UTF8":
        why = "it stores names in every script"
        fix = f"Create it again: CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0."
        return Check("Database", f"{name} is encoded in {encoding}", why, fix)
    return Check("Database", f"{kind} at {name}", WHY)


def check_limits() -> Check:
    """PostgreSQL has the three time limits, set by the connection or by its role."""
    what, why = "Database limits", "a frozen process that holds a lock must not block the shop"
    if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        return Check(what, "SQLite has its own", why)
    try:
        with _connected() as connection:
            missing, dropped = missing_limits(connection), drops_options(connection)
    except (Error, OSError):
        return Check(what, "unknown: the database does not answer", why)
    if missing:
        pooler = "" if settings.DATABASE_POOLER else "Behind a pooler set DATABASE_POOLER=1. "
        limits = _role_limits(*missing)
        return Check(what, f"not in force: {', '.join(missing)}", why, f"{pooler}{limits}.")
    if dropped:
        state = "in force by the role alone: a pooler drops those of the connection"
        return Check(what, state, why, "Set DATABASE_POOLER=1, or prepared statements will fail.")
    return Check(what, "in force", why)


def _role_limits(*names: str) -> str:
    """The statements that set the limits of the shop's role; the role may run them itself."""
    database = settings.DATABASES["default"]
    role = f'ALTER ROLE "{database["USER"] or "shop"}" IN DATABASE "{database["NAME"]}" SET'
    sets = "; ".join(f"{role} {name} = '{LIMITS[name]}'" for name in names or LIMITS)
    return f"Run {sets}; and RECONNECT in the pooler"


@contextmanager
def _connected() -> Iterator[BaseDatabaseWrapper]:
    database: dict[str, Any] = settings.DATABASES["default"]
    options = {key: value for key, value in database["OPTIONS"].items() if key != "pool"}
    if database["ENGINE"].endswith("postgresql"):
        options["connect_timeout"] = ANSWER_WITHIN
    handler = ConnectionHandler({"default": {**database, "OPTIONS": options}})
    connection = handler["default"]
    try:
        connection.ensure_connection()
        yield connection
    finally:
        connection.close()
