"""PostgreSQL reads what the console shows by an index, however much is done."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bus.console.lanes import blocking_heads
from bus.console.matrix import matrix
from bus.console.pace import read_pace
from bus.console.state import board
from bus.models import Event
from bus.store import pace
from bus.streams import timeline
from bus.tests.conftest import Happened, Subscribed
from bus.worker.registration import register

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

EVENTS = 20_000
SCAN = ("Seq Scan on bus_delivery", "Seq Scan on bus_event", "Seq Scan on bus_pace")


def wrap(event: Happened) -> None: ...
def stamp(event: Happened) -> None: ...


@pytest.fixture(autouse=True)
def much_is_done(subscribed: Subscribed) -> None:
    """A long past, some of it waiting, dead or retried, and figures of two hours."""
    subscribed(wrap, ordered=True)
    subscribed(stamp, ordered=True)
    register("desk")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bus_event (uuid, type, version, stream, data, correlation, traceparent) "
            "SELECT gen_random_uuid(), 'Happened', 1, g, '{}', gen_random_uuid(), '' "
            f"FROM GENERATE_SERIES(1, {EVENTS}) g"
        )
        cursor.execute(
            "INSERT INTO bus_delivery "
            "(event_id, subscription_id, queue_id, stream, ordered, state, due_at, retry_at) "
            "SELECT e.id, s.id, s.queue_id, e.stream, TRUE, "
            "CASE e.stream::int % 100 WHEN 0 THEN 'waiting' WHEN 1 THEN 'dead' ELSE 'done' END, "
            "NOW() + INTERVAL '1 hour', NOW() FROM bus_event e, bus_subscription s"
        )
        cursor.execute(
            "INSERT INTO bus_pace (subscription_id, minute, bucket, done) "
            "SELECT s.id, date_trunc('minute', NOW()) - m * INTERVAL '1 minute', b, 1 "
            "FROM bus_subscription s, GENERATE_SERIES(0, 1439) m, GENERATE_SERIES(0, 19) b"
        )
        cursor.execute("ANALYZE")


def plans(function: Callable[[], Any]) -> str:
    """How PostgreSQL would do each statement of a function again."""
    with CaptureQueriesContext(connection) as queries:
        function()
    found = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            if query["sql"].startswith(("SELECT", "INSERT")):
                cursor.execute(f"EXPLAIN {query['sql']}")
                found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def ids(count: int) -> list[int]:
    return list(Event.objects.order_by("-id").values_list("id", flat=True)[:count])


@pytest.mark.parametrize(
    "function",
    [
        board,
        blocking_heads,
        matrix,
        lambda: matrix(before=EVENTS // 2),
        lambda: timeline("7"),
        lambda: read_pace(timezone.now()),
        lambda: pace.add(ids(50)),
    ],
    ids=["board", "lanes", "matrix", "second page", "timeline", "pace", "adding"],
)
def test_console_reads_no_whole_table(function: Callable[[], Any]) -> None:
    found = plans(function)

    assert found
    assert [scan for scan in SCAN if scan in found] == [], found
