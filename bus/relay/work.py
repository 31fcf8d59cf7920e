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
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.name, q.id, q.name, s.batch, s.window, s.ordered, s.outside, "
            "s.repeatable, "
            "s.paused_at IS NULL AND s.retired_at IS NULL AND EXISTS (SELECT 1 "
            "FROM bus_delivery d WHERE d.subscription_id = s.id AND d.state = 'waiting' "
            f"AND d.due_at <= {now}), "
            "EXISTS (SELECT 1 FROM bus_delivery d WHERE d.subscription_id = s.id "
            f"AND d.state IN ('sent', 'running', 'sending') AND d.lease_until < {now}) "
            "FROM bus_subscription s JOIN bus_queue q ON q.id = s.queue_id ORDER BY q.id, s.id",
            (),
        )
        rows = [Work(*row) for row in cursor.fetchall()]
    found: dict[int, list[Work]] = {}
    for work in rows:
        if work.due or work.late:
            found.setdefault(work.queue_id, []).append(work)
    return found
