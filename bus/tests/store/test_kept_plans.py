"""PostgreSQL keeps no plan that reads the whole ledger, though it was made while that was new."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bus import AfterDone, Queue, handlers, publish
from bus.models import Delivery
from bus.store import planner
from bus.store.claims import claim
from bus.store.outbox import fan_out
from bus.store.planner import planned_by_index
from bus.store.poll import poll
from bus.tests.conftest import Happened, Subscribed, World, happened
from bus.worker.registration import register
from bus.worker.task import handle_message

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

OFTEN = 8
"""More often than a statement is planned for its values: five times."""

LARGE = planner.LARGE
MANY = 5_000
JUST_LARGE = 2_700
"""Events whose deliveries fill that size."""
FEW = 4_000
"""Rows that one round of a few events may read of a table; all of it would be over `MANY`. It reads
several hundred, and more while an ANALYZE of the autovacuum holds a snapshot: until that ends, each
poll meets the entries of all row versions before."""


def react(event: Happened) -> None: ...
def react_together(events: list[Happened]) -> None: ...


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, grown: None) -> None:
    """On a new connection: an older one keeps plans of tests whose ledger only counted as large."""
    monkeypatch.setattr(planner, "LARGE", LARGE)
    monkeypatch.setattr(planner, "READ_EVERY", 3600.0)  # however slow this machine is
    planner.ledger_size.forget()
    connection.close()


@pytest.fixture
def ledger(subscribed: Subscribed, world: World, request: pytest.FixtureRequest) -> None:
    """A new one, of which PostgreSQL knows nothing, or that it is empty."""
    subscribed(react, ordered=True)
    subscribed(react_together, queue=Queue("crowd", ordered=True), batch=20)
    subscribed(world.send, queue=Queue("world", ordered=False), external=True)
    register()
    if request.param == "analyzed":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE bus_event, bus_delivery, bus_outbox, bus_personaldata")


@transaction.atomic
def published(first: int, count: int) -> None:
    for event in happened(*range(first, first + count)):
        publish(event)


def worked_through() -> None:
    """What relay and workers do, with one connection."""
    assert fan_out()
    while batches := claim(poll(), full_batches=False):
        for batch in batches:
            handle_message(handlers.find(batch.task), batch.tickets)


def grow(events: int = MANY) -> None:
    """As in a busy minute, at the end of which PostgreSQL takes statistics for the first time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bus_event (uuid, type, version, stream, data, correlation, traceparent) "
            "SELECT gen_random_uuid(), 'Happened', 1, 'g' || g, '{}', gen_random_uuid(), '' "
            "FROM generate_series(1, %s) g",
            [events],
        )
        cursor.execute(
            "INSERT INTO bus_delivery "
            "(event_id, subscription_id, queue_id, stream, ordered, state, closed_at) "
            "SELECT e.id, s.id, s.queue_id, e.stream, s.ordered, 'done', now() "
            "FROM bus_event e, bus_subscription s WHERE e.stream LIKE 'g%%' ON CONFLICT DO NOTHING",
            (),
        )


READ = """
    SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) + (
        SELECT coalesce(sum(i.idx_tup_read), 0) FROM pg_stat_user_indexes i
        WHERE i.relid = t.relid)
    FROM pg_stat_user_tables t WHERE relname LIKE 'bus_%%'"""


def read() -> dict[str, int]:
    """How many rows and entries of indexes have been read so far, by table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(READ, ())
        return {name: int(count) for name, count in cursor.fetchall()}


@pytest.mark.parametrize("ledger", ["never analyzed", "analyzed"], indirect=True)
@pytest.mark.parametrize("size", [1, 4], ids=["alone", "in batches"])
def test_plans_of_a_new_ledger_do_not_scan_a_grown_one(ledger: None, size: int) -> None:
    for place in range(OFTEN):
        published(10 * place, size)
        worked_through()
    grow()
    published(1_000, size)
    before = read()

    worked_through()

    after = read()
    wholly = {name: after[name] - before[name] for name in after}
    assert not {name: count for name, count in wholly.items() if count > FEW}


@pytest.mark.parametrize("ledger", ["never analyzed"], indirect=True)
@pytest.mark.parametrize("size", [1, 4], ids=["alone", "in batches"])
def test_plans_of_a_just_large_ledger_need_no_settings(ledger: None, size: int) -> None:
    grow(JUST_LARGE)
    for place in range(OFTEN):
        published(10 * place, size)
        worked_through()
    assert planner.ledger_size.is_large
    grow()
    published(1_000, size)
    before = read()

    worked_through()

    after = read()
    wholly = {name: after[name] - before[name] for name in after}
    assert not {name: count for name, count in wholly.items() if count > FEW}


seen: list[list[tuple[str, str]]] = []


def settings() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN ('enable_seqscan', 'jit')"
        )
        return sorted(cursor.fetchall())


def see(event: Happened) -> None:
    seen.append(settings())


def send_and_see(event: Happened, key: str) -> AfterDone:
    seen.append(settings())
    return lambda: seen.append(settings())


@pytest.mark.parametrize("size", [1, 4], ids=["alone", "in batches"])
def test_handlers_keep_their_own_plans(subscribed: Subscribed, size: int) -> None:
    subscribed(see)
    subscribed(send_and_see, queue=Queue("world", ordered=False), external=True)
    register()
    seen.clear()
    before = settings()
    published(1, size)

    worked_through()

    assert seen == [before] * 3 * size
    assert settings() == before


def test_large_ledger_needs_no_settings() -> None:
    planner.ledger_size.learn(planner.LARGE)
    with transaction.atomic(), CaptureQueriesContext(connection) as queries, planned_by_index():
        assert Delivery.objects.filter(pk=1).first() is None

    assert [query["sql"] for query in queries if "set_config" in query["sql"]] == []
