"""PostgreSQL finds what the relay asks for by an index, however much is done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bus import selectors
from bus.models import Event, Outbox, Subscription
from bus.operations import Filter, Selection
from bus.registration import register
from bus.relay.claiming import claim
from bus.relay.expiry import expire
from bus.relay.routing import route
from bus.relay.work import look
from bus.retention import prune
from bus.tests.conftest import Happened, Subscribed, end_leases

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

EVENTS = 20_000


def react(fact: Happened) -> None: ...
def react_too(fact: Happened) -> None: ...


@pytest.fixture(autouse=True)
def much_is_done(subscribed: Subscribed) -> None:
    """One subscription with a backlog, one without, and a long past of both."""
    subscribed(react, ordered=True)
    subscribed(react_too, ordered=True)
    register("desk")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bus_event (uuid, type, version, stream, data, correlation, traceparent) "
            "SELECT gen_random_uuid(), 'Happened', 1, g, '{}', gen_random_uuid(), '' "
            f"FROM GENERATE_SERIES(1, {EVENTS}) g"
        )
        cursor.execute(
            "INSERT INTO bus_delivery "
            "(event_id, subscription_id, queue_id, stream, ordered, state, lease_until) "
            "SELECT e.id, s.id, s.queue_id, e.stream, TRUE, "
            "CASE WHEN e.stream::int % 10 = 0 AND s.name LIKE '%react' THEN 'waiting' "
            "WHEN e.stream::int % 500 = 1 THEN 'sent' ELSE 'done' END, NOW() "
            "FROM bus_event e, bus_subscription s"
        )
        cursor.execute("ANALYZE")


def plans(function: Callable[[], Any]) -> str:
    """How PostgreSQL would do each statement of a function again."""
    with CaptureQueriesContext(connection) as queries:
        function()
    words = ("SELECT", "UPDATE", "INSERT", "DELETE")
    statements = [q["sql"] for q in queries.captured_queries if q["sql"].startswith(words)]
    found = []
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(f"EXPLAIN {statement}")
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def routed() -> None:
    Outbox.objects.create(event=Event.objects.earliest("id"))
    route()


def registered_first() -> str:
    return Subscription.objects.values_list("name", flat=True)[0]


@transaction.atomic
def expired() -> None:
    end_leases()
    expire(look())


@pytest.mark.parametrize(
    "function",
    [
        look,
        lambda: claim(look()),
        routed,
        expired,
        lambda: selectors.settled("7"),
        lambda: selectors.reactions("7"),
        lambda: list(prune(timedelta(0), by="test")),
        lambda: Selection.matching(Filter(stream="7")),
        lambda: Selection.matching(Filter(subscription=registered_first(), state="dead")),
        lambda: Selection.matching(Filter(since=timezone.now() + timedelta(hours=1))),
    ],
    ids=[
        "look",
        "claim",
        "route",
        "expire",
        "settled",
        "reactions",
        "prune",
        "stream",
        "dead",
        "since",
    ],
)
def test_nothing_reads_the_whole_ledger(function: Callable[[], Any]) -> None:
    found = plans(function)

    assert "Index" in found
    assert "Seq Scan on bus_delivery" not in found
    assert "Seq Scan on bus_event" not in found
