"""Whether an error is trouble of the database, which every delivery would meet."""

from django.db import Error, InterfaceError, InternalError, OperationalError

POSTGRESQL = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE (PostgreSQL, appendix A): connection lost, transaction rolled back (deadlock,
serialization), resources used up, lock not available, an operator's or a time limit's
intervention, the system. All others are about the statement."""

SQLITE = (5, 6, 7, 8, 9, 10, 13, 14, 15)
"""Primary result codes: busy, locked, no memory, read-only, interrupted, I/O error, full, cannot
open, protocol. *Error* (1) is about the statement: SQLite calls it operational, too."""


def is_trouble_of_database(error: BaseException) -> bool:
    """Whether the database is in trouble, and not the statement that it was asked.

    An operational error without a code comes from the driver: there is no connection.
    """
    if not isinstance(error, (OperationalError, InterfaceError, InternalError)):
        return False
    cause = _driver_error(error)
    sqlstate: str | None = getattr(cause, "sqlstate", None)
    if sqlstate:
        return sqlstate.startswith(POSTGRESQL)
    code: int | None = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in SQLITE
    return not isinstance(error, InternalError)


def _driver_error(error: Error) -> BaseException:
    """What the driver has raised, of which Django's error is the wrapper."""
    return error.__cause__ or error
