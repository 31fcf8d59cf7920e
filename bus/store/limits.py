"""The time limits that PostgreSQL must have: it ends the session of a frozen process."""

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper

LIMITS = {
    "lock_timeout": "5s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "15s",
}


class LimitsMissing(RuntimeError):
    """A pooler has dropped the limits; the message says how to set them on the role."""


def encoding(connection: BaseDatabaseWrapper) -> str:
    """The database's encoding, as PostgreSQL reports it at each connection. SQLite's under Django
    is always UTF-8."""
    if connection.vendor != "postgresql":
        return "UTF8"
    return str(connection.connection.info.parameter_status("server_encoding"))


def missing_limits(connection: BaseDatabaseWrapper) -> list[str]:
    """The limits that are not set. SQLite needs none.

    They are read from the database: a pooler may ignore the options of a connection.

    Raises:
        django.db.Error: the database does not answer.
    """
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = '0'", [list(LIMITS)]
        )
        return sorted(name for (name,) in cursor.fetchall())


def require_limits(connection: BaseDatabaseWrapper) -> None:
    """Refuse to start without them; a database that does not answer is not judged.

    Raises:
        LimitsMissing: one sentence, with the way out.
    """
    try:
        missing = missing_limits(connection)
    except Error:
        return
    if missing:
        raise LimitsMissing(
            f"The database has no {', '.join(missing)}. Set them in each connection's options, "
            "or, behind a pooler, on the role: "
            + "; ".join(f"ALTER ROLE ... SET {name} = '{LIMITS[name]}'" for name in missing)
        )
