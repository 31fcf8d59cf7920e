"""PostgreSQL's part of the statements."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from bus.store.dialect import Dialect

LOCK = 7_265_108
"""The advisory lock of fan-out and registration; any number that nothing else uses."""

SNAPSHOT_LIMIT = timedelta(minutes=10)
"""For one statement: reading a whole history takes longer than a request may."""

ABORTED = 3
"""INERROR of psycopg's TransactionStatus; where SQLite is used, psycopg need not be installed."""

# One statement, since requests and many handlers publish. The transaction has an id before
# the event has one: see bus.store.marks.OutboxMark.
INSERT_EVENT = """WITH published AS (
        INSERT INTO bus_event (id, uuid, type, version, stream, key, data, correlation, causation,
                               traceparent, quiet)
        VALUES (CASE WHEN pg_current_xact_id() IS NOT NULL
                THEN nextval(pg_get_serial_sequence('bus_event', 'id')) END,
                %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        RETURNING id),
    personal AS (
        INSERT INTO bus_personaldata (event_id, data, person_id)
        SELECT id, data, person
        FROM published, (SELECT %s::jsonb AS data, %s::bigint AS person) AS given
        WHERE data IS NOT NULL)
    INSERT INTO bus_outbox (event_id) SELECT id FROM published RETURNING event_id"""

# KEY SHARE: publishers do not wait for each other, and an erasure waits for all of them.
PERSON_KEY = """WITH found AS (
        SELECT id, secret FROM bus_person WHERE digest = %s FOR KEY SHARE),
    made AS (
        INSERT INTO bus_person (digest, secret) SELECT %s, %s WHERE NOT EXISTS (SELECT FROM found)
        ON CONFLICT (digest) DO NOTHING RETURNING id, secret)
    SELECT id, secret FROM found UNION ALL SELECT id, secret FROM made"""

LOCK_FAN_OUT = "SELECT pg_advisory_xact_lock(%s), pg_current_xact_id()::text::bigint"

READ_OUTBOX = """SELECT (SELECT MIN(event_id) FROM bus_outbox WHERE event_id >= %s),
           (SELECT MAX(id) FROM bus_event),
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint"""

# An array: PostgreSQL would join, and read all of the outbox, the dead rows included.
TAKE_OUTBOX = """DELETE FROM bus_outbox WHERE event_id = ANY(ARRAY(
        SELECT event_id FROM bus_outbox WHERE event_id >= %s ORDER BY event_id LIMIT %s))
    RETURNING event_id"""

# NO KEY: whoever inserts deliveries refers to their queues, and must not wait for a claim.
LOCK_QUEUES = "SELECT id FROM bus_queue WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"

# A failed CREATE INDEX CONCURRENTLY leaves the first, ADD CONSTRAINT ... NOT VALID the second.
INVALID_CONSTRAINTS = """SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass(%s) AND NOT i.indisvalid
    UNION ALL
    SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s) AND NOT convalidated"""


class PostgreSQL(Dialect):
    """PostgreSQL, by psycopg."""

    locks_rows = True
    now = "STATEMENT_TIMESTAMP()"
    later = "STATEMENT_TIMESTAMP() + %s * INTERVAL '1 second'"
    earlier = "STATEMENT_TIMESTAMP() - %s * INTERVAL '1 second'"
    among_ids = "= ANY(%s::bigint[])"
    among_texts = "= ANY(%s::text[])"
    lock = "FOR UPDATE OF d"
    lock_free = "FOR UPDATE OF d SKIP LOCKED"

    # While tables are small, PostgreSQL would read all events once for each delivery, and keep
    # that plan. So each event is read by itself: OFFSET keeps it so.
    events = """CROSS JOIN LATERAL (SELECT * FROM bus_event WHERE id = d.event_id OFFSET 0) e
    LEFT JOIN LATERAL (
        SELECT data, person_id FROM bus_personaldata WHERE event_id = d.event_id OFFSET 0
    ) p ON TRUE
    LEFT JOIN LATERAL (SELECT secret FROM bus_person WHERE id = p.person_id OFFSET 0) k ON TRUE"""

    marks = """UNNEST(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
        m (id, live, bulk, late)"""
    no_instant = "'-infinity'::timestamptz"

    def array(self, values: Iterable[int] | Iterable[str]) -> Any:
        return list(values)

    def mark_values(self, marks: Mapping[int, tuple[Any, ...]]) -> list[Any]:
        return [list(marks), *([instants[at] for instants in marks.values()] for at in range(3))]

    def insert_event(self, event: Sequence[Any], personal: str | None, person: int | None) -> int:
        with connection.cursor() as cursor:
            cursor.execute(INSERT_EVENT, [*event, personal, person])
            return int(cursor.fetchone()[0])

    def person_key(self, digest: str, secret: str) -> tuple[int, str] | None:
        with connection.cursor() as cursor:
            cursor.execute(PERSON_KEY, [digest, digest, secret])
            found: tuple[int, str] | None = cursor.fetchone()
            return found

    def lock_fan_out(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(LOCK_FAN_OUT, [LOCK])
            return int(cursor.fetchone()[1])

    def read_outbox(self, first: int) -> tuple[int | None, int, int] | None:
        with connection.cursor() as cursor:
            cursor.execute(READ_OUTBOX, [first])
            least, newest, oldest_running = cursor.fetchone()
        return least, int(newest or 0), oldest_running

    def take_outbox(self, first: int, most: int) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(TAKE_OUTBOX, [first, most])
            return [row[0] for row in cursor.fetchall()]

    def lock_queues(self, ids: Iterable[int], *, skip: bool) -> set[int]:
        with connection.cursor() as cursor:
            cursor.execute(f"{LOCK_QUEUES} SKIP LOCKED" if skip else LOCK_QUEUES, [list(ids)])
            return {row[0] for row in cursor.fetchall()}

    def set_planner(self, values: Mapping[str, str]) -> tuple[int, dict[str, str]] | None:
        # SET LOCAL, since a pooler may give the next transaction another session.
        before = ", ".join(f"current_setting('{name}')" for name in values)
        after = ", ".join("set_config(%s, %s, TRUE)" for _ in values)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT pg_relation_size('bus_delivery'), {before}, {after}",
                [part for pair in values.items() for part in pair],
            )
            size, *were = cursor.fetchone()
        return size, dict(zip(values, were, strict=False))

    def is_aborted(self) -> bool:
        driver: Any = connection.connection
        return bool(driver.info.transaction_status == ABORTED)

    def invalid_constraints(self, table: str) -> set[str]:
        name = connection.ops.quote_name(table)
        with connection.cursor() as cursor:
            cursor.execute(INVALID_CONSTRAINTS, [name, name])
            return {row[0] for row in cursor.fetchall()}

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                cursor.execute(f"SET LOCAL {limit} = '{SNAPSHOT_LIMIT.total_seconds()}s'")
            yield

    def elements(self, field: str) -> str:
        return f"jsonb_array_elements(e.data -> '{field}') AS l(value)"

    def seconds_between(self, early: str, late: str) -> str:
        return f"EXTRACT(EPOCH FROM {late} - {early})::float"

    def shifted(self, instant: str, seconds: str = "%s") -> str:
        return f"({instant}) + {seconds} * INTERVAL '1 second'"

    def minute_of(self, instant: str) -> str:
        return f"date_trunc('minute', {instant})"

    def instant(self, text: str) -> str:
        return f"CAST({text} AS timestamptz)"
