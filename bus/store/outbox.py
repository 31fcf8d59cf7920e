"""Routing: from the outbox into the ledger."""

from collections.abc import Sequence

from django.db import connection, transaction

from bus.failpoints import Point, reach
from bus.models import Outbox
from bus.store.among import among
from bus.store.clock import sql_now
from bus.store.marks import Marks, OutboxMark
from bus.store.planner import plan_by_index

LOCK = 7_265_108
"""The advisory lock of routing and registration; any number that nobody else uses."""

MOST_AT_ONCE = 500

KEPT_QUIET = "Suppressed by a quiet backfill. Redeliver to run it."
"""Why what a quiet event owes to a visible subscription is discarded."""


def route(marks: Marks | None = None) -> int:
    """Take events out of the outbox and owe each to every subscription of its type.

    In order of event id, under one lock, so that the ledger of a stream grows in causal order.
    `marks` spare it the events that were routed before. Returns how many events were routed.
    """
    # SQLite leaves nothing behind of what was deleted.
    mark = marks.outbox if marks and connection.vendor == "postgresql" else None
    with transaction.atomic():
        plan_by_index()
        newest = _newest_unrouted(mark) if mark else Outbox.objects.exists()
        if not newest:
            return 0
        transaction_id = lock_routing()
        events = _taken_out(mark.at if mark else 0)
        owe("e.id", events)
        reach(Point.RELAY_ROUTED)
    if mark:
        mark.routed(newest, transaction_id)
    return len(events)


def _newest_unrouted(mark: OutboxMark) -> int:
    """The newest event, if the outbox holds any; else 0. Moves the mark on as far as is safe."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT MIN(event_id) FROM bus_outbox WHERE event_id >= %s), "
            "(SELECT MAX(id) FROM bus_event), "
            "pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
            [mark.at],
        )
        least, newest, oldest_running = cursor.fetchone()
    mark.read(least, oldest_running)
    return 0 if least is None else int(newest)


def _taken_out(first: int) -> list[int]:
    """The oldest events of the outbox from this one on, which has them no more."""
    oldest = "SELECT event_id FROM bus_outbox WHERE event_id >= %s ORDER BY event_id LIMIT %s"
    # An array: PostgreSQL would join, and read all of the outbox, the dead included.
    among_them = (
        f"= ANY(ARRAY({oldest}))" if connection.vendor == "postgresql" else f"IN ({oldest})"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM bus_outbox WHERE event_id {among_them} RETURNING event_id",
            [first, MOST_AT_ONCE],
        )
        return [row[0] for row in cursor.fetchall()]


def lock_routing() -> int:
    """Keep every other router and registration out until the transaction ends; returns its id.

    SQLite's IMMEDIATE transaction does so already, and has no id.
    """
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s), pg_current_xact_id()::text::bigint", [LOCK]
        )
        return int(cursor.fetchone()[1])


def owe(
    column: str,
    values: Sequence[int] | Sequence[str],
    extra: str = "",
    *,
    only: int | None = None,
    suppressed: bool = False,
) -> int:
    """Insert the deliveries that are missing for the events whose `column` is among `values`.

    `column` is an expression over the event `e`, and `extra` a further condition on it; both are
    written in the bus and never come from outside. `only` names one subscription by its id. What
    is `suppressed`, by its event or by this call, is discarded at once where the
    subscription is visible, so that the ledger has it and nobody notices. Returns how many.
    """
    if not values:
        return 0
    condition, wanted = among(values)
    quiet = "TRUE" if suppressed else "e.quiet"
    hushed = f"CASE WHEN {quiet} AND s.visible THEN"
    chosen = "" if only is None else f"AND s.id = {int(only)}"
    # MATERIALIZED: the events first. PostgreSQL never counts a table as small as that of the
    # subscriptions, takes it for one of a single row, and goes through the history of its type.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bus_delivery (event_id, subscription_id, queue_id, stream, ordered, "
            "quiet, state, closed_at, error) "
            "WITH e AS MATERIALIZED (SELECT e.id, e.type, e.stream, e.quiet FROM bus_event e "
            f"WHERE {column} {condition} {extra}) "
            f"SELECT e.id, s.id, s.queue_id, e.stream, s.ordered, {quiet} AND NOT s.visible, "
            f"{hushed} 'discarded' ELSE 'waiting' END, {hushed} {sql_now()} END, "
            f"{hushed} '{KEPT_QUIET}' ELSE '' END "
            "FROM e JOIN bus_subscription s ON s.event_type = e.type "
            f"WHERE s.retired_at IS NULL {chosen} "
            "ORDER BY e.id, s.id ON CONFLICT (event_id, subscription_id) DO NOTHING",
            [wanted],
        )
        return int(cursor.rowcount)
