"""A ledger with a long past, and how PostgreSQL plans the statements of a function on it."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

EVENTS = 20_000

WORDS = ("SELECT", "(SELECT", "UPDATE", "INSERT", "DELETE")
"""With which a statement begins that has a plan."""


def insert(state: str, **columns: str) -> None:
    """Events, each in a stream of its number, and a delivery of each for each subscription.

    `state` and the values of further `columns` are SQL, of an event `e` and a subscription `s`.
    """
    names, values = ", ".join(columns), ", ".join(columns.values())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bus_event (uuid, type, version, stream, data, correlation, traceparent) "
            "SELECT gen_random_uuid(), 'Happened', 1, g, '{}', gen_random_uuid(), '' "
            f"FROM GENERATE_SERIES(1, {EVENTS}) g"
        )
        cursor.execute(
            "INSERT INTO bus_delivery "
            f"(event_id, subscription_id, queue_id, stream, ordered, state, {names}) "
            f"SELECT e.id, s.id, s.queue_id, e.stream, TRUE, {state}, {values} "
            "FROM bus_event e, bus_subscription s"
        )
        cursor.execute("ANALYZE")


READ = """
    SELECT relname, seq_tup_read + (
        SELECT coalesce(sum(i.idx_tup_read), 0) FROM pg_stat_user_indexes i
        WHERE i.relid = t.relid)
    FROM pg_stat_user_tables t WHERE relname IN ('bus_delivery', 'bus_outbox')"""


def read() -> dict[str, int]:
    """How many rows and entries of indexes have been read so far, the dead included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(READ, ())
        return {name: int(count) for name, count in cursor.fetchall()}


def plans(function: Callable[[], Any]) -> str:
    """How PostgreSQL would do each statement of a function again."""
    with CaptureQueriesContext(connection) as queries:
        function()
    statements = [q["sql"] for q in queries.captured_queries if q["sql"].startswith(WORDS)]
    found = []
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(f"EXPLAIN {statement}")
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)
