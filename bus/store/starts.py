"""What a worker starts of a message, and what next. Every statement compares the token."""

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
from bus.store.attempts import BEGUN, Attempt, lock, owned, requeue, requeue_for_others
from bus.store.conditions import CLAIMABLE, STOPPED, in_state
from bus.store.database import db
from bus.store.planner import ledger_size, plan_by_index, planned_by_index

Ticket = tuple[int, int]
"""A delivery's id and the token it was sent with."""

COLUMNS = """d.id, d.token, d.attempts, d.uncounted, d.alone, d.ambiguous, d.quiet,
       e.uuid, e.type, e.version, e.correlation, e.traceparent, e.data, p.data"""
"""What a worker has to know of a delivery and its event."""

EVENT_TYPE_AT, STOPPED_AT, HANDLES_AT = 8, 14, 15
"""The event's type, and two columns after those: whether the subscription may get no work, and
which type of event it handles according to the workers that registered it last."""

# While tables are small, PostgreSQL would read an index from end to end for the order of the
# events, or for the subscription, and keep that plan. So no index has `+ 0`.
LOCK_WITH_EVENTS: dict[tuple[State, ...], str] = {
    states: f"""SELECT {COLUMNS}, {STOPPED}, s.event_type
    FROM bus_delivery d JOIN bus_subscription s ON s.id = d.subscription_id + 0
    {db.events}
    WHERE d.id {db.among_ids} AND {in_state(*states)} AND s.name = %s
    ORDER BY d.event_id + 0 {db.lock}"""
    for states in ((State.SENT,), BEGUN)
}

# By no index of the types: the event is found by its id.
START_LONE = f"""UPDATE bus_delivery d SET state = %s, lease_until = {db.later},
       attempts = d.attempts + 1, token = d.token + %s
    FROM bus_subscription s, bus_event e LEFT JOIN bus_personaldata p ON p.event_id = e.id
    WHERE d.id = %s AND d.token = %s AND {in_state(State.SENT)}
    AND e.id = d.event_id AND s.id = d.subscription_id AND s.name = %s
    AND (e.type || '') = %s AND {CLAIMABLE}
    RETURNING {COLUMNS}"""

START_NEXT = f"""UPDATE bus_delivery
    SET state = 'sending', attempts = attempts + 1, lease_until = {db.later}
    WHERE id = %s AND token = %s AND {in_state(*BEGUN)} AND NOT EXISTS (
        SELECT 1 FROM bus_subscription s WHERE s.id = subscription_id AND ({STOPPED}))"""

MARK_STARTED = f"""UPDATE bus_delivery SET state = %s, lease_until = {db.later},
       attempts = attempts + %s, token = token + %s
    WHERE id {db.among_ids}"""

FENCES = 10_000
"""Of so many two tries are one, and tokens stay small enough for the ledger."""


def new_fence() -> int:
    """By how much one try to start a message raises the tokens: hardly another one as much."""
    return 1 + secrets.randbelow(FENCES)


def start(handler: Handler, tickets: list[Ticket], tries: list[int]) -> list[Attempt]:
    """Mark as running what of this message has its token; one commit.

    Of an atomic handler all are begun; of an external one the first is, and it is *sending*. What
    belongs to a subscription that may get no work is requeued. May be called again, with the same
    `tries`, when the answer to its commit was lost: they tell what it has started already.
    """
    tokens = dict(tickets)
    if len(tickets) == 1 and ledger_size.is_large:
        fence = new_fence()
        tries.append(fence)
        if lone := _start_lone(handler, tickets[0], fence):
            return [lone]
        tries.pop()  # it has answered, and started nothing
    with transaction.atomic():
        plan_by_index()
        rows = _lock_with_events(handler, list(tokens), (State.SENT,))
        valid = [row for row in rows if row[1] == tokens[row[0]]]
        if tries and not valid:
            # Read only now: the try before may have waited for that very commit.
            return _started_before(handler, tokens, tries)
        fence = new_fence()
        tries.append(fence)
        if any(row[STOPPED_AT] for row in valid):
            requeue([row[0] for row in valid])
            return []
        requeue_for_others([row[0] for row in valid if _is_of_another_release(handler, row)])
        valid = [row for row in valid if not _is_of_another_release(handler, row)]
        attempts = [_attempt(handler, row, fence) for row in valid]
        now = 1 if handler.external else len(attempts)
        _mark(attempts[now:], State.RUNNING, handler.queue.lease, fence=fence)
        return _start_locked(attempts[:now], handler, fence=fence) + attempts[now:]


def _is_of_another_release(handler: Handler, row: tuple[Any, ...]) -> bool:
    """Whether this worker's handler takes another type of event than the registered one, and the
    event is of the registered type: workers that have been replaced already can handle it."""
    event_type, registered = str(row[EVENT_TYPE_AT]), str(row[HANDLES_AT])
    return event_type == registered != handler.event_type.__name__


def _start_lone(handler: Handler, ticket: Ticket, fence: int) -> Attempt | None:
    """Start a message's only delivery in one statement, where nothing stands against it.

    Only in a large ledger: in a small one its plan could be one that reads all. And only one:
    several have to be locked in their order.
    """
    state = State.SENDING if handler.external else State.RUNNING
    lease, kind = handler.queue.lease.total_seconds(), handler.event_type.__name__
    with connection.cursor() as cursor:
        cursor.execute(START_LONE, [state.value, lease, fence, *ticket, handler.name, kind])
        row = cursor.fetchone()
        return _attempt(handler, row) if row else None


def _start_locked(attempts: list[Attempt], handler: Handler, *, fence: int = 0) -> list[Attempt]:
    """Count an attempt: the bodies of these are run next."""
    state = State.SENDING if handler.external else State.RUNNING
    _mark(attempts, state, handler.queue.lease, attempt=True, fence=fence)
    return [replace(one, attempts=one.attempts + 1) for one in attempts]


@planned_by_index()
def start_next(rest: list[Attempt], handler: Handler) -> list[Attempt]:
    """Mark the first of the rest that is still this worker's as sending; returns it and the others.

    Belongs into the transaction that finishes the delivery before. The lease of the others is not
    renewed: it is longer than the time in which one of them may be begun, and is renewed then.
    The rest of a subscription that may get no work is requeued. May be called again when the answer
    to its commit was lost: what is *sending* under its token already is the next one, and has
    lost nothing but an attempt.
    """
    while rest:
        if one := _start_if_allowed(rest[0], handler):
            return [one, *rest[1:]]
        rows = lock(rest[:1], BEGUN)
        if any(stopped for _pk, _token, stopped in rows):
            requeue(list(owned(rest, lock(rest, BEGUN))))
            return []
        if owned(rest[:1], rows):
            return _start_locked(rest[:1], handler) + rest[1:]
        rest = rest[1:]
    return []


def _start_if_allowed(one: Attempt, handler: Handler) -> Attempt | None:
    """Start this one where nothing stands against it, as hardly ever something does."""
    with connection.cursor() as cursor:
        cursor.execute(START_NEXT, [handler.queue.lease.total_seconds(), one.id, one.token])
        return replace(one, attempts=one.attempts + 1) if cursor.rowcount else None


def _mark(
    attempts: list[Attempt],
    state: State,
    lease: timedelta,
    *,
    attempt: bool = False,
    fence: int = 0,
) -> None:
    if attempts:
        ids = db.array(one.id for one in attempts)
        with connection.cursor() as cursor:
            cursor.execute(
                MARK_STARTED, [state.value, lease.total_seconds(), int(attempt), fence, ids]
            )


def _started_before(handler: Handler, tokens: dict[int, int], tries: list[int]) -> list[Attempt]:
    """What an earlier try has started, if its commit came through after all."""
    rows = _lock_with_events(handler, list(tokens), BEGUN)
    return [_attempt(handler, row) for row in rows if row[1] - tokens[row[0]] in tries]


def _lock_with_events(
    handler: Handler, ids: list[int], states: tuple[State, ...]
) -> list[tuple[Any, ...]]:
    """Those in one of these states, with their events, locked; in the order of the events.

    It waits for whoever holds a row for a moment. To leave such a row alone would lose it for
    the length of its lease: it may be a message of an old token that looks at it.
    """
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(LOCK_WITH_EVENTS[states], [db.array(ids), handler.name])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _attempt(handler: Handler, row: tuple[Any, ...], fence: int = 0) -> Attempt:
    pk, token, attempts, uncounted, alone, ambiguous, suppressed, event, event_type = row[:9]
    version, correlation, traceparent, data, personal = row[9:STOPPED_AT]
    event = UUID(str(event))
    return Attempt(
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
        origin=Origin(UUID(str(correlation)), event, traceparent, suppressed=bool(suppressed)),
        key=delivery_key(event, handler.name),
    )
