"""Groups of failures are counted by an index, however much is done or waits."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bus.failures import deliveries_of, failure_group, failure_groups
from bus.models import Delivery, Event, FailedAttempt, State, Subscription
from bus.tests.conftest import Happened, Subscribed
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)

DONE, FAILED = 5_000, 60


def react(event: Happened) -> None: ...


def key(number: int) -> str:
    return f"key {number % 3}"


@pytest.fixture(autouse=True)
def much_is_done(subscribed: Subscribed) -> None:
    """Many deliveries that are done or wait, and a few that have failed."""
    subscribed(react)
    register("desk")
    subscription = Subscription.objects.get()
    event = {"type": "Happened", "version": 1, "data": {}, "traceparent": ""}
    events = Event.objects.bulk_create(
        Event(stream=str(number), correlation="0" * 32, **event) for number in range(DONE)
    )
    states = (State.DEAD, State.WAITING, State.DONE)
    rows = Delivery.objects.bulk_create(
        Delivery(
            event=one,
            subscription=subscription,
            queue_id=subscription.queue_id,
            stream=one.stream,
            ordered=False,
            state=states[number % 2] if number < FAILED else states[1 + number % 2],
            failure_key=key(number) if number < FAILED else None,
        )
        for number, one in enumerate(events)
    )
    FailedAttempt.objects.bulk_create(
        FailedAttempt(delivery=row, number=attempt, kind="E", failure_key=key(number))
        for number, row in enumerate(rows[:FAILED])
        for attempt in range(50)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


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
