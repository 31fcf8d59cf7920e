"""Where there is something to do for the relay: one cheap look at all subscriptions."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from bus.store.clock import sql_ago, sql_now
from bus.store.marks import SLACK, Instants, Marks
from bus.store.planner import plan_by_index

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
    external: bool
    repeatable: bool
    due: bool
    late: bool
    due_from: Any
    """Nothing of it is due by an earlier instant, as the driver has it."""


def look(marks: Marks | None = None) -> list[Work]:
    """What there is to do. Of what is paused, held or retired, late deliveries alone.

    `marks` spare it what has been seen to be done; without them it looks at everything.
    """
    known = {} if marks is None else marks.instants
    with transaction.atomic(), connection.cursor() as cursor:
        plan_by_index()
        cursor.execute(*_poll(known))
        rows = cursor.fetchall()
    found = []
    for *fields, claimable, horizon, due, late in rows:
        known[fields[0]] = min(due or horizon, horizon), min(late or horizon, horizon)
        # What is late is due as soon as the claim has rescued it.
        is_due = bool(claimable) and (due is not None or late is not None)
        found.append(Work(*[*fields, is_due, late is not None, due or horizon]))
    return [work for work in found if work.due or work.late]


def _poll(known: dict[int, Instants]) -> tuple[str, list[Any]]:
    """The statement, and its values: for each subscription the least instants from its marks on.

    The least instant instead of EXISTS: PostgreSQL would read the whole table for a subscription
    that has nothing due as soon as it guesses, from all the others, that a match must be near.
    """
    now = sql_now()
    if connection.vendor == "postgresql":
        marks = "UNNEST(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) m (id, due, late)"
        first = "'-infinity'::timestamptz"
        instants = list(known.values())
        values: list[Any] = [list(known), [due for due, _ in instants], [at for _, at in instants]]
    else:
        marks = (
            "(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS due, "
            "json_extract(value, '$[2]') AS late FROM json_each(%s)) m"
        )
        first = "''"
        values = [json.dumps([[pk, *instants] for pk, instants in known.items()])]
    least = (
        "(SELECT MIN(d.{0}) FROM bus_delivery d WHERE d.subscription_id = s.id AND {1} "
        f"AND d.{{0}} >= COALESCE(m.{{2}}, {first}) AND d.{{0}} {{3}} {now})"
    )
    due = least.format("due_at", "d.state = 'waiting'", "due", "<=")
    late = least.format("lease_until", "d.state IN ('sent', 'running', 'sending')", "late", "<")
    return (
        "SELECT s.id, s.name, q.id, q.name, s.batch, s.window, s.ordered, s.outside, "
        f"s.repeatable, {CLAIMABLE.format(now)}, {sql_ago(SLACK)}, {due}, {late} "
        "FROM bus_subscription s JOIN bus_queue q ON q.id = s.queue_id "
        f"LEFT JOIN {marks} ON m.id = s.id ORDER BY q.id, s.id"
    ), values
