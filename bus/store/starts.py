"""What a worker takes of a message, and what it begins next. Every entry asks for its token."""

import json
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from bus.context import Origin
from bus.handlers import Handler
from bus.models import State
from bus.models.delivery import delivery_key
from bus.store.among import among
from bus.store.attempts import STOPPED, Taken, in_state, locked, owned_of, put_back, release, update
from bus.store.clock import sql_in, sql_now
from bus.store.planner import ledger_size, plan_by_index, planned_by_index

Ticket = tuple[int, int]
"""A delivery's id and the token it was sent with."""

COLUMNS = """
    d.id, d.token, d.attempts, d.uncounted, d.alone, d.ambiguous, d.quiet,
    e.uuid, e.type, e.version, e.correlation, e.traceparent, e.data, p.data
"""
"""What a worker has to know of a delivery and its event."""

EVENT_TYPE_AT, STOPPED_AT, HANDLES_AT = 8, 14, 15
"""The event's type, and two columns after those: whether the subscription is paused or held, and
which type of event it handles according to the workers that registered it last."""

BEGUN = (State.RUNNING, State.SENDING)

FENCES = 10_000
"""Of so many two tries are one, and tokens stay small enough for the ledger."""


def new_fence() -> int:
    """By how much one try to take a message raises the tokens: hardly another one as much."""
    return 1 + secrets.randbelow(FENCES)


def take(handler: Handler, tickets: list[Ticket], tries: list[int]) -> list[Taken]:
    """Mark as running what this message still owns; one commit. Paused and held ones go back.

    An atomic handler's deliveries are all begun; of an outside handler's the first one is, and
    it is *sending*. May be called again, with the same `tries`, when the answer to its commit was
    lost: they tell what it has taken already.
    """
    tokens = dict(tickets)
    if len(tickets) == 1 and ledger_size.is_large:
        fence = new_fence()
        tries.append(fence)
        if alone := _take_alone(handler, tickets[0], fence):
            return [alone]
        tries.pop()  # it has answered, and took nothing
    with transaction.atomic():
        plan_by_index()
        rows = _rows(handler, list(tokens), (State.SENT,))
        owned = [row for row in rows if row[1] == tokens[row[0]]]
        if tries and not owned:
            # Asked only now: the one before may have waited for that very commit.
            return _begun(handler, tokens, tries)
        fence = new_fence()
        tries.append(fence)
        if any(row[STOPPED_AT] for row in owned):
            put_back([row[0] for row in owned])
            return []
        release([row[0] for row in owned if _is_of_another_release(handler, row)])
        owned = [row for row in owned if not _is_of_another_release(handler, row)]
        taken = [_taken(handler, row, fence) for row in owned]
        now = 1 if handler.external else len(taken)
        _mark(taken[now:], State.RUNNING, handler.queue.lease, fence=fence)
        return _begin(taken[:now], handler, fence=fence) + taken[now:]


def _is_of_another_release(handler: Handler, row: tuple[Any, ...]) -> bool:
    """Whether this worker's handler takes another type of event than the registered one, and the
    event is of the registered type: workers that have been replaced already can handle it."""
    event_type, registered = str(row[EVENT_TYPE_AT]), str(row[HANDLES_AT])
    return event_type == registered != handler.event_type.__name__


def _take_alone(handler: Handler, ticket: Ticket, fence: int) -> Taken | None:
    """Take a message's only delivery in one statement, where nothing stands against it.

    Only in a large ledger: in a small one its plan could be one that reads all. And only one:
    several have to be locked in their order.
    """
    state = State.SENDING if handler.external else State.RUNNING
    lease = sql_in(handler.queue.lease.total_seconds())
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE bus_delivery d SET state = '{state.value}', lease_until = {lease}, "
            "attempts = d.attempts + 1, token = d.token + %s "
            "FROM bus_subscription s, bus_event e "
            "LEFT JOIN bus_personaldata p ON p.event_id = e.id "
            f"WHERE d.id = %s AND d.token = %s AND {in_state(State.SENT)} "
            "AND e.id = d.event_id AND s.id = d.subscription_id AND s.name = %s "
            # By no index of the types: the event is found by its id.
            "AND (e.type || '') = %s "
            f"AND NOT ({STOPPED.format(sql_now())}) "
            f"RETURNING {COLUMNS}",
            [fence, *ticket, handler.name, handler.event_type.__name__],
        )
        row = cursor.fetchone()
        return _taken(handler, row) if row else None


def _begin(taken: list[Taken], handler: Handler, *, fence: int = 0) -> list[Taken]:
    """Count an attempt: the bodies of these are run next."""
    state = State.SENDING if handler.external else State.RUNNING
    _mark(taken, state, handler.queue.lease, attempt=True, fence=fence)
    return [replace(one, attempts=one.attempts + 1) for one in taken]


@planned_by_index()
def begin_next(rest: list[Taken], handler: Handler) -> list[Taken]:
    """Mark the first of the rest that is still this worker's as sending; returns it and the others.

    Belongs into the transaction that closes the delivery before. The lease of the others is not
    renewed: it is longer than the time in which one of them may be begun, and is renewed then.
    The rest of a paused or held subscription is handed back. May be called again when the answer
    to its commit was lost: what is *sending* under its token already is the next one, and has
    lost nothing but an attempt.
    """
    while rest:
        if one := _begun_next(rest[0], handler):
            return [one, *rest[1:]]
        rows = locked(rest[:1], BEGUN)
        if any(stopped for _pk, _token, stopped in rows):
            put_back(list(owned_of(rest, locked(rest, BEGUN))))
            return []
        if owned_of(rest[:1], rows):
            return _begin(rest[:1], handler) + rest[1:]
        rest = rest[1:]
    return []


def _begun_next(one: Taken, handler: Handler) -> Taken | None:
    """Begin this one where nothing stands against it, as hardly ever something does."""
    lease = sql_in(handler.queue.lease.total_seconds())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE bus_delivery SET state = 'sending', attempts = attempts + 1, "
            f"lease_until = {lease} WHERE id = %s AND token = %s "
            f"AND {in_state(*BEGUN)} AND NOT EXISTS (SELECT 1 FROM bus_subscription s "
            f"WHERE s.id = subscription_id AND ({STOPPED.format(sql_now())}))",
            [one.id, one.token],
        )
        return replace(one, attempts=one.attempts + 1) if cursor.rowcount else None


def _mark(
    taken: list[Taken],
    state: State,
    lease: timedelta,
    *,
    attempt: bool = False,
    fence: int = 0,
) -> None:
    if taken:
        update(
            f"state = '{state.value}', lease_until = {sql_in(lease.total_seconds())}, "
            "attempts = attempts + %s, token = token + %s",
            [int(attempt), fence],
            [one.id for one in taken],
        )


def _begun(handler: Handler, tokens: dict[int, int], tries: list[int]) -> list[Taken]:
    """What an earlier try has taken, if its commit came through after all."""
    rows = _rows(handler, list(tokens), BEGUN)
    return [_taken(handler, row) for row in rows if row[1] - tokens[row[0]] in tries]


EVENTS = """
    JOIN bus_event e ON e.id = d.event_id LEFT JOIN bus_personaldata p ON p.event_id = e.id"""

# While tables are small, PostgreSQL would read an index from end to end for the order of the
# events, or for the subscription, and all events once for each delivery, and keep that plan. So no
# index has `+ 0`, and each event is asked for by itself: OFFSET keeps it so.
EACH_EVENT = """
    CROSS JOIN LATERAL (SELECT * FROM bus_event WHERE id = d.event_id OFFSET 0) e
    LEFT JOIN LATERAL (
        SELECT data FROM bus_personaldata WHERE event_id = d.event_id OFFSET 0) p ON TRUE"""


def _rows(handler: Handler, ids: list[int], states: tuple[State, ...]) -> list[tuple[Any, ...]]:
    """Those in one of these states, with their events, locked; in the order of the events.

    It waits for whoever holds a row for a moment. To leave such a row alone would lose it for
    the length of its lease: it may be a message of an old token that looks at it.
    """
    if not ids:
        return []
    postgres = connection.vendor == "postgresql"
    events, lock = (EACH_EVENT, "FOR UPDATE OF d") if postgres else (EVENTS, "")
    condition, wanted = among(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS}, {STOPPED.format(sql_now())}, s.event_type "
            "FROM bus_delivery d JOIN bus_subscription s ON s.id = d.subscription_id + 0 "
            f"{events} WHERE d.id {condition} AND {in_state(*states)} "
            f"AND s.name = %s ORDER BY d.event_id + 0 {lock}",
            [wanted, handler.name],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _taken(handler: Handler, row: tuple[Any, ...], fence: int = 0) -> Taken:
    pk, token, attempts, uncounted, alone, ambiguous, quiet, event, event_type = row[:9]
    version, correlation, traceparent, data, personal = row[9:STOPPED_AT]
    event = UUID(str(event))
    return Taken(
        id=pk,
        token=token + fence,
        attempts=attempts,
        uncounted=uncounted,
        alone=bool(alone),
        ambiguous=ambiguous,
        event_type=event_type,
        event_version=version,
        data=json.loads(data),
        personal=None if personal is None else json.loads(personal),
        origin=Origin(UUID(str(correlation)), event, traceparent, suppressed=bool(quiet)),
        key=delivery_key(event, handler.name),
    )
