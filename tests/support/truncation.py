"""How a test run empties its database after a test that commits.

Django's own way empties every table, then makes content types and permissions anew: a hundred
statements, and forty tables with their indexes rewritten on PostgreSQL. Here the tables that were
written to are emptied, and those two are left alone: no test changes them.
"""

from functools import cache

from django.core.management.color import no_style
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission"}


def install() -> None:
    TransactionTestCase._fixture_teardown = _teardown


def _teardown(self: TransactionTestCase) -> None:
    for alias in self._databases_names(include_mirrors=False):
        empty(connections[alias])


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete every committed row, but content types and permissions."""
    written = written_tables(connection)
    if not written:
        return
    if connection.vendor == "postgresql":
        # Passes by the triggers of rows. What refers to these is emptied too, or is empty.
        names = ", ".join(map(connection.ops.quote_name, written))
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {names} CASCADE")
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql > ''")
        triggers = dict(cursor.fetchall())
    emptied = connection.ops.sql_flush(no_style(), written)
    connection.ops.execute_sql_flush(
        [*(f'DROP TRIGGER "{name}"' for name in triggers), *emptied, *triggers.values()]
    )


def written_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables that hold a row; on PostgreSQL also those that held one which was rolled back."""
    tables = _tables(connection.alias)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT name FROM unnest(%s::text[]) AS name "
                "WHERE pg_relation_size(name::regclass) > 0",
                [list(tables)],
            )
            return [row[0] for row in cursor.fetchall()]
        found = []
        for table in tables:
            cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")')
            if cursor.fetchone()[0]:
                found.append(table)
        return found


@cache
def _tables(alias: str) -> tuple[str, ...]:
    connection = connections[alias]
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(sorted(set(found) - KEPT))
