"""How a test run empties a SQLite database whose triggers refuse to have rows deleted.

PostgreSQL needs no such thing: TRUNCATE passes by the triggers of rows.
"""

from typing import Any

from django.db import connections
from django.db.backends.sqlite3.base import DatabaseOperations

flush_as_django_does = DatabaseOperations.sql_flush


def sql_flush(self: DatabaseOperations, *args: Any, **options: Any) -> list[str]:
    """The statements that empty the tables, with all triggers off until they are through."""
    with connections[self.connection.alias].cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql > ''")
        triggers = dict(cursor.fetchall())
    statements = flush_as_django_does(self, *args, **options)
    return [*(f'DROP TRIGGER "{name}"' for name in triggers), *statements, *triggers.values()]


def install() -> None:
    DatabaseOperations.sql_flush = sql_flush
