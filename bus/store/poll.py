"""Poll: the subscriptions with due or late deliveries, in one cheap query."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from bus.store.conditions import CLAIMABLE, IN_FLIGHT
from bus.store.database import db
from bus.store.marks import SLACK, Marks
from bus.store.planner import plan_by_index

# For each subscription the least instants from its marks on. The least instant instead of EXISTS:
# PostgreSQL would read the whole table for a subscription that has nothing due as soon as it
# guesses, from all the others, that a match must be near.
POLL = f"""SELECT s.id, s.name, q.id, q.name, s.batch, s.window, s.ordered, s.outside, s.repeatable,
       q.rate IS NOT NULL OR q.at_once IS NOT NULL, s.unless,
       {CLAIMABLE}, {db.earlier},
       (SELECT MIN(d.due_at) FROM bus_delivery d
        WHERE d.subscription_id = s.id AND d.state = 'waiting' AND d.bulk = FALSE
        AND d.due_at >= COALESCE(m.live, {db.no_instant}) AND d.due_at <= {db.now}),
       (SELECT MIN(d.due_at) FROM bus_delivery d
        WHERE d.subscription_id = s.id AND d.state = 'waiting' AND d.bulk = TRUE
        AND d.due_at >= COALESCE(m.bulk, {db.no_instant}) AND d.due_at <= {db.now}),
       (SELECT MIN(d.lease_until) FROM bus_delivery d
        WHERE d.subscription_id = s.id AND {IN_FLIGHT}
        AND d.lease_until >= COALESCE(m.late, {db.no_instant}) AND d.lease_until < {db.now})
    FROM bus_subscription s JOIN bus_queue q ON q.id = s.queue_id
    LEFT JOIN {db.marks} ON m.id = s.id
    ORDER BY q.id, s.id"""


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
    external: bool
    repeatable: bool
    limited: bool
    """Its queue has limits."""
    unless: str
    """The type of event that makes a delivery pointless."""
    live: bool
    """It has due deliveries that are not bulk."""
    bulk: bool
    """It has due deliveries of a backfill, or that an operator delivers again."""
    late: bool
    live_from: Any
    """Nothing live of it is due by an earlier instant, as the driver has it."""
    bulk_from: Any
    """The same of bulk."""

    @property
    def due(self) -> bool:
        return self.live or self.bulk


def poll(marks: Marks | None = None) -> list[Work]:
    """The subscriptions with work; paused, held and retired ones only with late deliveries.

    `marks` let it skip what earlier polls have read; without them everything is read.
    """
    known = {} if marks is None else marks.instants
    with transaction.atomic(), connection.cursor() as cursor:
        plan_by_index()
        cursor.execute(POLL, [SLACK, *db.mark_values(known)])
        rows = cursor.fetchall()
    found = []
    for *fields, claimable, horizon, live, bulk, late in rows:
        marks_of_it = (live, bulk, late)
        known[fields[0]] = tuple(min(at or horizon, horizon) for at in marks_of_it)
        # What is late is due as soon as the claim has rescued it.
        due = [bool(claimable and (at or late)) for at in (live, bulk)]
        found.append(Work(*[*fields, *due, late is not None, live or horizon, bulk or horizon]))
    return [work for work in found if work.due or work.late]
