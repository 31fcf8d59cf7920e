"""Groups of failures are counted by an index, however much is done or waits."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bus.failures import deliveries_of, failure_group, failure_groups
from bus.tests.conftest import Happened, Subscribed
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS, FAILED, ATTEMPTS = 5_000, 60, 50

# By SQL: thousands of rows by the ORM take seconds in each of these tests.
NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {})"
UUID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
ROWS = (
    f"""{NUMBERS.format(EVENTS - 1)}
    INSERT INTO bus_event (uuid, type, version, stream, data, correlation, traceparent)
    SELECT {UUID[connection.vendor]}, 'Happened', 1, n, '{{}}', {UUID[connection.vendor]}, ''
    FROM numbers""",
    f"""INSERT INTO bus_delivery
        (event_id, subscription_id, queue_id, stream, ordered, state, failure_key)
    SELECT e.id, s.id, s.queue_id, e.stream, FALSE,
        CASE WHEN n % 2 = 1 THEN CASE WHEN n < {FAILED} THEN 'waiting' ELSE 'done' END
             WHEN n < {FAILED} THEN 'dead' ELSE 'waiting' END,
        CASE WHEN n < {FAILED} THEN 'key ' || (n % 3) END
    FROM (SELECT id, stream, CAST(stream AS integer) AS n FROM bus_event) e, bus_subscription s""",
    f"""{NUMBERS.format(ATTEMPTS - 1)}
    INSERT INTO bus_failedattempt (delivery_id, number, worker, kind, frame, text, failure_key)
    SELECT d.id, n, '', 'E', '', '', failure_key FROM bus_delivery d, numbers
    WHERE failure_key IS NOT NULL""",
    "ANALYZE",
)


def react(event: Happened) -> None: ...


@pytest.fixture(autouse=True)
def much_is_done(subscribed: Subscribed) -> None:
    """Many deliveries that are done or wait, and a few that have failed."""
    subscribed(react)
    register("desk")
    with connection.cursor() as cursor:
        for statement in ROWS:
            cursor.execute(statement)


def plan(function: Callable[[], Any], table: str) -> list[str]:
    """How the database runs the function's statements, as far as it reads this table."""
    with CaptureQueriesContext(connection) as queries:
        function()
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    found: list[str] = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            cursor.execute(f"{explain} {query['sql']}")
            found += [str(row[-1]) for row in cursor.fetchall()]
    return [line for line in found if f"{table}" in line]


def test_groups_are_counted() -> None:
    found = failure_groups()

    assert sorted((one.key, one.dead, one.retrying) for one in found) == [
        (f"key {number}", 10, 10) for number in range(3)
    ]


@pytest.mark.parametrize(
    "function",
    [failure_groups, lambda: failure_group("key 1"), lambda: list(deliveries_of("key 1")[:50])],
    ids=["all", "one", "deliveries"],
)
def test_deliveries_of_groups_are_read_by_their_index(function: Callable[[], Any]) -> None:
    lines = plan(function, "bus_delivery_failing")

    assert lines
    assert not [line for line in plan(function, "bus_delivery ") if is_whole_read(line)]


def test_attempts_of_groups_are_read_from_their_ends() -> None:
    assert plan(failure_groups, "bus_failed_of_group")
    lines = plan(failure_groups, "bus_failedattempt")
    assert not [line for line in lines if is_whole_read(line)]


def is_whole_read(line: str) -> bool:
    """A sequential scan of PostgreSQL, or one of SQLite without an index."""
    return "Seq Scan" in line or ("SCAN" in line and "INDEX" not in line)
