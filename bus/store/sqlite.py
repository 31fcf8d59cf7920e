"""SQLite's part of the statements.

Django begins each transaction with IMMEDIATE: who may write has locked the whole database.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

from bus.store.dialect import Dialect

# It inserts into one table at a time.
INSERT_EVENT = """INSERT INTO bus_event (uuid, type, version, stream, key, data, correlation,
                           causation, traceparent, quiet)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
INSERT_PERSONAL_DATA = """INSERT INTO bus_personaldata (event_id, data, person_id)
    VALUES (%s, %s, %s)"""
MAKE_PERSON = """INSERT INTO bus_person (digest, secret) VALUES (%s, %s)
    ON CONFLICT (digest) DO NOTHING"""
PERSON_KEY = "SELECT id, secret FROM bus_person WHERE digest = %s"
INSERT_OUTBOX = "INSERT INTO bus_outbox (event_id) VALUES (%s)"

TAKE_OUTBOX = """DELETE FROM bus_outbox WHERE event_id IN (
        SELECT event_id FROM bus_outbox WHERE event_id >= %s ORDER BY event_id LIMIT %s)
    RETURNING event_id"""


class SQLite(Dialect):
    """SQLite, one machine."""

    locks_rows = False
    now = "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')"
    later = "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', %s || ' seconds')"
    earlier = "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', -%s || ' seconds')"
    among_ids = "IN (SELECT value FROM json_each(%s))"
    among_texts = among_ids
    lock = lock_free = ""
    events = """JOIN bus_event e ON e.id = d.event_id
    LEFT JOIN bus_personaldata p ON p.event_id = e.id
    LEFT JOIN bus_person k ON k.id = p.person_id"""
    marks = """(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS live,
            json_extract(value, '$[2]') AS bulk, json_extract(value, '$[3]') AS late
            FROM json_each(%s)) m"""
    no_instant = "''"

    def array(self, values: Iterable[int] | Iterable[str]) -> Any:
        return json.dumps(list(values))

    def mark_values(self, marks: Mapping[int, tuple[Any, ...]]) -> list[Any]:
        return [json.dumps([[pk, *instants] for pk, instants in marks.items()])]

    def insert_event(self, event: Sequence[Any], personal: str | None, person: int | None) -> int:
        with connection.cursor() as cursor:
            cursor.execute(INSERT_EVENT, event)
            pk = int(cursor.lastrowid)
            if personal is not None:
                cursor.execute(INSERT_PERSONAL_DATA, [pk, personal, person])
            cursor.execute(INSERT_OUTBOX, [pk])
        return pk

    def person_key(self, digest: str, secret: str) -> tuple[int, str] | None:
        with connection.cursor() as cursor:
            cursor.execute(MAKE_PERSON, [digest, secret])
            cursor.execute(PERSON_KEY, [digest])
            found: tuple[int, str] | None = cursor.fetchone()
            return found

    def lock_fan_out(self) -> int:
        return 0

    def read_outbox(self, first: int) -> tuple[int | None, int, int] | None:  # noqa: ARG002 -- it needs no mark
        return None

    def take_outbox(self, first: int, most: int) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(TAKE_OUTBOX, [first, most])
            return [row[0] for row in cursor.fetchall()]

    def lock_queues(self, ids: Iterable[int], *, skip: bool) -> set[int]:  # noqa: ARG002 -- all is locked
        return set(ids)

    def set_planner(self, values: Mapping[str, str]) -> tuple[int, dict[str, str]] | None:  # noqa: ARG002 -- no plan is kept
        return None

    def is_aborted(self) -> bool:
        return False

    def invalid_constraints(self, table: str) -> set[str]:  # noqa: ARG002 -- it has none
        return set()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        # Django would begin with IMMEDIATE and hold the database's only write lock meanwhile.
        with connection.cursor() as cursor:
            driver: Any = connection.connection
            if driver.in_transaction:  # inside another snapshot
                yield
                return
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")

    def elements(self, field: str) -> str:
        return f"json_each(e.data, '$.{field}') AS l"

    def seconds_between(self, early: str, late: str) -> str:
        return f"(JULIANDAY({late}) - JULIANDAY({early})) * 86400.0"

    def shifted(self, instant: str, seconds: str = "%s") -> str:
        return f"STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', {instant}, {seconds} || ' seconds')"

    def minute_of(self, instant: str) -> str:
        return f"SUBSTR({instant}, 1, 16) || ':00'"

    def instant(self, text: str) -> str:
        # Fractions are cut off: SQLite would round 59.9996 s up into the next minute.
        zone = f"CASE SUBSTR({text}, -1) WHEN 'Z' THEN '' ELSE SUBSTR({text}, -6) END"
        return f"DATETIME(SUBSTR({text}, 1, 19) || {zone})"
