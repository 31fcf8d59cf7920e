"""The database's clock: the only one that leases and due times are measured by."""

from datetime import MAXYEAR, MINYEAR, datetime

from django.db import connection


def sql_now() -> str:
    """The present instant as an SQL expression, for statements that carry parameters."""
    if connection.vendor == "postgresql":
        return "STATEMENT_TIMESTAMP()"
    return "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')"


def sql_in(seconds: float) -> str:
    """An instant in the future as an SQL expression, for statements that carry parameters."""
    if connection.vendor == "postgresql":
        return f"STATEMENT_TIMESTAMP() + INTERVAL '{seconds} seconds'"
    return f"STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', '{seconds:+} seconds')"


def sql_ago(seconds: float) -> str:
    """An instant in the past, likewise."""
    return sql_in(-seconds)


def can_hold(at: datetime) -> bool:
    """Whether every time zone has this instant; a calendar's first and last year are cut off."""
    return MINYEAR < at.year < MAXYEAR
