"""Where there is something to do for the relay: one cheap look at all subscriptions."""

from dataclasses import dataclass

from django.db import connection, transaction

from bus.clock import sql_now
from bus.planning import plan_by_index

CLAIMABLE = "s.paused_at IS NULL AND s.retired_at IS NULL AND COALESCE(s.held_until <= {0}, TRUE)"
"""A subscription `s` from which may be claimed at the instant {0}."""


@dataclass(frozen=True)
class Work:
    """A subscription that has due deliveries, or some whose lease is over."""

    subscription_id: int
    task: str
    queue_id: int
    queue: str
    batch: int
    window: int
    ordered: bool
    outside: bool
    repeatable: bool
    due: bool
    late: bool


def look() -> list[Work]:
    """What there is to do. Of what is paused, held or retired, late deliveries alone."""
    now = sql_now()
    waiting, in_flight = "d.state = 'waiting'", "d.state IN ('sent', 'running', 'sending')"
    # The least instant instead of EXISTS: PostgreSQL would read the whole table for a subscription
    # that owes nothing as soon as it guesses, from all the others, that a match must be near.
    least = "(SELECT MIN(d.{0}) FROM bus_delivery d WHERE d.subscription_id = s.id AND {1})"
    due = f"COALESCE({least.format('due_at', waiting)} <= {now}, FALSE)"
    late = f"COALESCE({least.format('lease_until', in_flight)} < {now}, FALSE)"
    with transaction.atomic(), connection.cursor() as cursor:
        plan_by_index()
        # What is late is due as soon as the claim has taken it back.
        cursor.execute(
            "SELECT s.id, s.name, q.id, q.name, s.batch, s.window, s.ordered, s.outside, "
            f"s.repeatable, {CLAIMABLE.format(now)} AND ({due} OR {late}), "
            f"{late} FROM bus_subscription s JOIN bus_queue q ON q.id = s.queue_id "
            "ORDER BY q.id, s.id",
            (),
        )
        rows = [Work(*row) for row in cursor.fetchall()]
    return [work for work in rows if work.due or work.late]
