"""PostgreSQL finds what the relay asks for by an index, however much is done."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bus import handlers, selectors
from bus.audit.attention import concerns
from bus.models import Delivery, Event, Outbox, Subscription
from bus.ops import Filter, Selection
from bus.ops.retention import prune
from bus.store.claims import claim
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.store.rescue import rescue_late
from bus.store.starts import start
from bus.tests.conftest import Happened, Subscribed, end_leases
from bus.tests.long_past import WORDS, insert, plans
from bus.worker.registration import move, register

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def react(event: Happened) -> None: ...
def react_too(event: Happened) -> None: ...


@pytest.fixture(autouse=True)
def much_is_done(subscribed: Subscribed) -> None:
    """One subscription with a backlog, one without, and a long past of both."""
    subscribed(react, ordered=True)
    subscribed(react_too, ordered=True)
    register("desk")
    insert(
        "CASE WHEN e.stream::int % 10 = 0 AND s.name LIKE '%react' THEN 'waiting' "
        "WHEN e.stream::int % 500 = 1 THEN 'sent' ELSE 'done' END",
        lease_until="NOW()",
    )


def kept_plans(function: Callable[[], Any]) -> str:
    """How it would do so by the plans that a connection keeps, made for any parameters."""
    statements: list[tuple[str, int]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        if sql.startswith(WORDS):
            statements.append((sql, len(params or ())))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(note):
        function()
    found = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        for place, (sql, count) in enumerate(statements):
            for mark in range(1, count + 1):
                sql = sql.replace("%s", f"${mark}", 1)
            nulls = f"({', '.join(['NULL'] * count)})" if count else ""
            cursor.execute(f"PREPARE kept_{place} AS {sql.replace('%%', '%')}")
            cursor.execute(f"EXPLAIN EXECUTE kept_{place}{nulls}")
            found += [row[0] for row in cursor.fetchall()]
            cursor.execute(f"DEALLOCATE kept_{place}")
    return "\n".join(found)


INDEX = re.compile(r" (?:using|on) bus_delivery_([a-z_]+)")


def whole_reads(found: str) -> list[str]:
    """Where an index is read from its first entry to its last."""
    lines = found.splitlines()
    pairs = zip(lines, [*lines[1:], ""], strict=True)
    return [one for one, below in pairs if INDEX.search(one) and "Index Cond" not in below]


def routed() -> None:
    Outbox.objects.create(event=Event.objects.earliest("id"))
    fan_out()


def registered_first() -> str:
    return Subscription.objects.values_list("name", flat=True)[0]


@transaction.atomic
def expired() -> None:
    end_leases()
    rescue_late(poll())


@pytest.mark.parametrize(
    "function",
    [
        poll,
        lambda: claim(poll()),
        routed,
        expired,
        lambda: selectors.settled("7"),
        lambda: selectors.handlers("7"),
        lambda: list(prune(timedelta(0), by="test")),
        lambda: Selection.matching(Filter(stream="7")),
        lambda: Selection.matching(Filter(subscription=registered_first(), state="dead")),
        lambda: Selection.matching(Filter(since=timezone.now() + timedelta(hours=1))),
    ],
    ids=[
        "look",
        "claim",
        "route",
        "rescue_late",
        "settled",
        "handlers",
        "prune",
        "stream",
        "dead",
        "since",
    ],
)
def test_no_statement_scans_the_ledger(function: Callable[[], Any]) -> None:
    found = plans(function)

    assert "Index" in found
    assert "Seq Scan on bus_delivery" not in found
    assert "Seq Scan on bus_event" not in found


Tickets = list[tuple[int, int]]


@pytest.fixture
def tickets(much_is_done: None) -> Tickets:
    """Of what is on its way, after an hour in which nothing was, of which the statistics tell."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bus_delivery SET state = 'done', lease_until = NULL")
        cursor.execute("ANALYZE bus_delivery")
        cursor.execute(
            "UPDATE bus_delivery SET state = 'waiting' FROM bus_subscription s "
            "WHERE s.id = subscription_id AND s.name LIKE '%react' AND stream::int % 20 = 0"
        )
        cursor.execute(
            "UPDATE bus_delivery SET state = 'sent', lease_until = NOW() + INTERVAL '1 hour' "
            "FROM bus_subscription s "
            "WHERE s.id = subscription_id AND s.name LIKE '%react_too' AND stream::int % 20 = 10"
        )
    rows = Delivery.objects.filter(state="sent")
    return list(rows.order_by("-id").values_list("id", "token")[:3])


def taken(tickets: Tickets) -> None:
    name = Subscription.objects.get(name__endswith="react_too").name
    start(handlers.find(name), tickets, [])


@pytest.mark.parametrize("planned", [plans, kept_plans])
@pytest.mark.parametrize(
    ("function", "indexes"),
    [
        (lambda _: poll(), "waiting in_flight"),
        (lambda _: claim(poll()), "waiting in_flight lane pkey"),
        (lambda _: routed(), ""),
        (lambda tickets: taken(tickets[:1]), "pkey"),
        (taken, "pkey"),
    ],
    ids=["look", "claim", "route", "take one", "take three"],
)
def test_plans_made_when_idle_serve_a_busy_ledger(
    tickets: Tickets,
    planned: Callable[[Callable[[], Any]], str],
    function: Callable[[Tickets], Any],
    indexes: str,
) -> None:
    found = planned(lambda: function(tickets))

    assert set(INDEX.findall(found)) == set(indexes.split())
    assert whole_reads(found) == []
    assert "Seq Scan on bus_delivery" not in found
    assert "bus_event_history" not in found


def test_open_deliveries_are_counted_by_partial_indexes(tickets: Tickets) -> None:
    found = plans(selectors.queue_states)

    assert set(INDEX.findall(found)) == {"dead", "in_flight", "waiting"}
    assert "Seq Scan on bus_delivery" not in found


def test_attention_list_does_not_scan_the_ledger(tickets: Tickets) -> None:
    found = plans(concerns)

    assert {"in_flight", "waiting"} <= set(INDEX.findall(found))
    assert "Seq Scan on bus_delivery" not in found


def test_open_deliveries_are_moved_by_index_in_one_statement(tickets: Tickets) -> None:
    row = Subscription.objects.get(name__endswith="react_too")

    found = plans(lambda: move(row))

    assert found.count("Update on bus_delivery") == 1
    assert set(INDEX.findall(found)) == {"dead", "in_flight", "waiting"}
    assert "Seq Scan on bus_delivery" not in found


def test_ledger_is_vacuumed_by_number_of_changes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'bus_delivery'")
        (options,) = cursor.fetchone()

    assert sorted(options) == [
        "autovacuum_analyze_scale_factor=0",
        "autovacuum_analyze_threshold=500",
        "autovacuum_vacuum_scale_factor=0",
        "autovacuum_vacuum_threshold=20000",
        "vacuum_index_cleanup=on",
    ]
