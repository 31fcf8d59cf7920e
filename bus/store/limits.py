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
    return sorted(name for name, value, _source in _limits(connection) if value == "0")


def drops_options(connection: BaseDatabaseWrapper) -> bool:
    """Whether the limits that this connection starts with do not arrive: a pooler ignores them.

    It may pass unnoticed where the role has the limits as well, and then the connection's prepared
    statements fail, since each transaction may run in another session.

    Raises:
        django.db.Error: the database does not answer.
    """
    if "lock_timeout" not in connection.settings_dict["OPTIONS"].get("options", ""):
        return False
    return all(source != "client" for _name, _value, source in _limits(connection))


def _limits(connection: BaseDatabaseWrapper) -> list[tuple[str, str, str]]:
    """Name, value and source of each; the source of an option of the connection is *client*."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting, source FROM pg_settings WHERE name = ANY(%s)", [list(LIMITS)]
        )
        return [(name, value, source) for name, value, source in cursor.fetchall()]


def require_limits(connection: BaseDatabaseWrapper) -> None:
    """Refuse to start without them; a database that does not answer is not judged.

    Raises:
        LimitsMissing: one sentence, with the way out.
    """
    try:
        missing, dropped = missing_limits(connection), drops_options(connection)
    except Error:
        return
    if missing:
        raise LimitsMissing(
            f"The database has no {', '.join(missing)}. Set them in each connection's options, "
            "or, behind a pooler, on the role: "
            + "; ".join(f"ALTER ROLE ... SET {name} = '{LIMITS[name]}'" for name in missing)
        )
    if dropped:
        raise LimitsMissing(
            "A pooler drops the options of each connection. Configure the connection for a pooler: "
            "without options, prepared statements and server-side cursors."
        )
