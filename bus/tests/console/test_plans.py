"""PostgreSQL reads what the console shows by an index, however much is done."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from bus.console.lanes import blocking_heads
from bus.console.matrix import matrix
from bus.console.pace import read_pace
from bus.console.state import board
from bus.failures import deliveries_of, failure_groups
from bus.models import Event
from bus.store import pace
from bus.streams import timeline
from bus.tests.conftest import Happened, Subscribed
from bus.tests.long_past import EVENTS, insert, plans
from bus.worker.registration import register

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

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
            "INSERT INTO bus_pace (subscription_id, minute, bucket, done) "
            "SELECT s.id, date_trunc('minute', NOW()) - m * INTERVAL '1 minute', b, 1 "
            "FROM bus_subscription s, GENERATE_SERIES(0, 1439) m, GENERATE_SERIES(0, 19) b"
        )
    insert(
        "CASE e.stream::int % 100 WHEN 0 THEN 'waiting' WHEN 1 THEN 'dead' ELSE 'done' END",
        due_at="NOW() + INTERVAL '1 hour'",
        retry_at="NOW()",
        failure_key="CASE WHEN e.stream::int % 100 < 2 THEN (e.stream::int % 7)::text END",
    )


def ids(count: int) -> list[int]:
    return list(Event.objects.order_by("-id").values_list("id", flat=True)[:count])


PAGES: dict[str, Callable[[], Any]] = {
    "board": board,
    "lanes": blocking_heads,
    "matrix": matrix,
    "second page": lambda: matrix(before=EVENTS // 2),
    "failures": failure_groups,
    "one group": lambda: list(deliveries_of("3")[:50]),
    "timeline": lambda: timeline("7"),
    "pace": lambda: read_pace(timezone.now()),
    "adding": lambda: pace.add(ids(50)),
}


@pytest.mark.parametrize("function", PAGES.values(), ids=PAGES)
def test_console_reads_no_whole_table(function: Callable[[], Any]) -> None:
    found = plans(function)

    assert found
    assert [scan for scan in SCAN if scan in found] == [], found
