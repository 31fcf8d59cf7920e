"""What the audit and the list of what needs a person read in SQL."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from bus.models import Delivery
from bus.store.conditions import CLAIMABLE, IN_FLIGHT, LANE_IS_FREE, claimable_sql
from bus.store.database import db

STANDING_FOR = timedelta(minutes=10)
"""A delivery that is due for longer and not started has no worker, or one that is far behind: a
lease is two minutes, and the relay claims within a second."""

DUE_SINCE = "COALESCE(d.retry_at, d.due_since)"
"""Since when a delivery `d` has been due for the try that has not started."""

IS_DUE = f"""d.state = 'waiting' AND d.due_at <= {db.now}
    AND (NOT d.ordered OR {LANE_IS_FREE})"""
IS_SENT = f"{IN_FLIGHT} AND (d.state || '') = 'sent'"

# What is bulk, or of a limited queue, may wait for long while its queue gets something done.
MAY_WAIT = f"""((d.bulk OR EXISTS (
            SELECT 1 FROM bus_queue q WHERE q.id = s.queue_id
            AND (q.rate IS NOT NULL OR q.at_once IS NOT NULL)))
        AND EXISTS (
            SELECT 1 FROM bus_subscription o JOIN bus_pace p ON p.subscription_id = o.id
            WHERE o.queue_id = s.queue_id AND p.minute > {db.earlier}))"""

FIRST_ROWS = 100
"""Of a subscription: those that have been due for longest come first."""


def _without_delivery(one: str = "") -> str:
    return f"""SELECT e.id, e.type, s.id, s.name FROM bus_event e
        JOIN bus_subscription s ON s.event_type = e.type AND s.retired_at IS NULL
        AND s.registered_at < e.at
        WHERE e.at > %s {one}
        AND NOT EXISTS (SELECT 1 FROM bus_outbox o WHERE o.event_id = e.id)
        AND NOT EXISTS (SELECT 1 FROM bus_delivery d
            WHERE d.event_id = e.id AND d.subscription_id = s.id)
        ORDER BY e.id, s.id"""


WITHOUT_DELIVERY = _without_delivery()
ONE_WITHOUT_DELIVERY = _without_delivery("AND e.id = %s AND s.id = %s")

# The subscription may get work since then: what a hold has just let go of is on its way.
NOT_STARTED = f"""SELECT s.name, COUNT(*), MIN(d.id) FROM (
        SELECT d.id, d.subscription_id, d.bulk FROM bus_delivery d
        WHERE {IS_DUE} AND {DUE_SINCE} < {db.earlier}
        UNION ALL SELECT d.id, d.subscription_id, d.bulk FROM bus_delivery d
        WHERE {IS_SENT} AND {DUE_SINCE} < {db.earlier}
    ) d JOIN bus_subscription s ON s.id = d.subscription_id
    WHERE {claimable_sql(db.earlier)} AND NOT {MAY_WAIT}
    GROUP BY s.name ORDER BY s.name"""


def _one_of_each(rows: str, wrong: str) -> str:
    return f"""SELECT (
        SELECT d.id FROM (
            SELECT d.* FROM bus_delivery d
            WHERE d.subscription_id = s.id AND {rows} LIMIT {FIRST_ROWS}) d
        WHERE {wrong} ORDER BY d.due_since LIMIT 1)
    FROM bus_subscription s WHERE {CLAIMABLE}"""


_STANDS = f"{DUE_SINCE} < {db.earlier} AND NOT {MAY_WAIT}"
_FAILS = f"d.retry_at IS NOT NULL AND d.due_since < {db.earlier}"
_LIVE, _BULK = "d.bulk = FALSE", "d.bulk = TRUE"

SENT_FOR_LONG = _one_of_each(f"{IS_SENT} ORDER BY d.lease_until", _STANDS)
# Live and bulk one by one: the index has them so.
STANDING = (
    _one_of_each(f"{_LIVE} AND {IS_DUE} ORDER BY d.due_at, d.id", _STANDS),
    _one_of_each(f"{_BULK} AND {IS_DUE} ORDER BY d.due_at, d.id", _STANDS),
    SENT_FOR_LONG,
)
# What fails for others' reasons; those that are tried next as late as can be come first.
FAILING = tuple(
    _one_of_each(f"{kind} AND d.state = 'waiting' ORDER BY d.due_at DESC, d.id DESC", _FAILS)
    for kind in (_LIVE, _BULK)
)


def events_without_delivery(since: datetime) -> list[tuple[int, str, int, str]]:
    """Events after `since` that a subscription has missed: their id and type, its id and name."""
    return _rows(WITHOUT_DELIVERY, [_instant(since)])


def lacks_delivery(event: int, subscription: int, since: datetime) -> bool:
    """Whether this is so of one event and one subscription."""
    return bool(_rows(ONE_WITHOUT_DELIVERY, [_instant(since), event, subscription]))


def not_started(overdue: timedelta) -> list[tuple[str, int, int]]:
    """Subscriptions with deliveries due for so long: the name, how many, and the first's id."""
    seconds = overdue.total_seconds()
    return _rows(NOT_STARTED, [seconds, seconds, seconds, STANDING_FOR.total_seconds()])


def one_of_each(statement: str, longer_than: timedelta) -> list[int]:
    """One delivery, by id, of each subscription that may get work: of the first `FIRST_ROWS` the
    one for which the statement's condition holds that has been open for longest."""
    values = [longer_than.total_seconds()] * statement.count("%s")
    return [pk for (pk,) in _rows(statement, values) if pk is not None]


def standing() -> list[Delivery]:
    """Of each subscription that may get work one delivery that is due for `STANDING_FOR` and not
    started, if there is one."""
    return examples(STANDING, STANDING_FOR)


def failing(longer_than: timedelta) -> list[Delivery]:
    """Of each subscription that may get work one delivery that fails and has been open for so
    long, if there is one."""
    return examples(FAILING, longer_than)


def examples(statements: Iterable[str], longer_than: timedelta) -> list[Delivery]:
    """One delivery for each subscription, by its name; the first that a statement finds."""
    ids = [pk for statement in statements for pk in one_of_each(statement, longer_than)]
    rows = Delivery.objects.select_related("subscription", "queue").in_bulk(ids)
    first: dict[str, Delivery] = {}
    for pk in ids:
        first.setdefault(rows[pk].subscription.name, rows[pk])
    return [first[name] for name in sorted(first)]


def _instant(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


def _rows(statement: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
