"""Where there is something to do for the relay: one cheap look at all subscriptions."""

from dataclasses import dataclass

from django.db import connection

from bus.clock import sql_now


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


def look() -> dict[int, list[Work]]:
    """What there is to do, by queue. Paused and retired subscriptions only have late deliveries."""
    now = sql_now()
    # The least instant instead of EXISTS: PostgreSQL would read the whole table for a subscription
    # that owes nothing as soon as it guesses, from all the others, that a match must be near.
    least = "(SELECT MIN(d.{0}) FROM bus_delivery d WHERE d.subscription_id = s.id AND {1})"
    due = least.format("due_at", "d.state = 'waiting'")
    late = least.format("lease_until", "d.state IN ('sent', 'running', 'sending')")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.name, q.id, q.name, s.batch, s.window, s.ordered, s.outside, "
            "s.repeatable, s.paused_at IS NULL AND s.retired_at IS NULL, "
            f"COALESCE({due} <= {now}, FALSE), COALESCE({late} < {now}, FALSE) "
            "FROM bus_subscription s JOIN bus_queue q ON q.id = s.queue_id ORDER BY q.id, s.id",
            (),
        )
        # What is late is due as soon as the claim has taken it back.
        rows = [
            Work(*row[:-3], active and (due or late), late)
            for row in cursor.fetchall()
            for active, due, late in [row[-3:]]
        ]
    found: dict[int, list[Work]] = {}
    for work in rows:
        if work.due or work.late:
            found.setdefault(work.queue_id, []).append(work)
    return found
