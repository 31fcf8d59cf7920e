"""Start the deliveries of a message that still have its tokens.

A token is compared by the statement that starts a delivery, or before it under the row's lock.
"""

import json
import secrets
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from bus import spans
from bus.context import Origin
from bus.handlers import Handler
from bus.models import State
from bus.models.delivery import delivery_key
from bus.sealing import Stored
from bus.store.attempts import BEGUN, Attempt, lock, owned, requeue, requeue_for_others
from bus.store.conditions import CLAIMABLE, STOPPED, in_state
from bus.store.database import db
from bus.store.planner import ledger_size, plan_by_index, planned_by_index

Ticket = tuple[int, int]
"""A delivery's id and the token it was sent with."""

COLUMNS = """d.id, d.token, d.attempts, d.uncounted, d.alone, d.ambiguous, d.quiet,
       e.uuid, e.type, e.version, e.correlation, e.traceparent, e.stream, e.data, p.data,
       k.secret"""
"""The columns of a delivery and its event that a worker needs."""

EVENT_TYPE_AT, VERSION_AT, STOPPED_AT, HANDLES_AT = 8, 9, 16, 17
"""The event's type and version, and two columns after those: whether the subscription may get no
work, and which type of event it handles according to the workers that registered it last."""

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
    LEFT JOIN bus_person k ON k.id = p.person_id
    WHERE d.id = %s AND d.token = %s AND {in_state(State.SENT)}
    AND e.id = d.event_id AND s.id = d.subscription_id AND s.name = %s
    AND (e.type || '') = %s AND e.version <= %s AND {CLAIMABLE}
    RETURNING {COLUMNS}"""

START_NEXT = f"""UPDATE bus_delivery
    SET state = 'sending', attempts = attempts + 1, lease_until = {db.later}
    WHERE id = %s AND token = %s AND {in_state(*BEGUN)} AND NOT EXISTS (
        SELECT 1 FROM bus_subscription s WHERE s.id = subscription_id AND ({STOPPED}))"""

MARK_STARTED = f"""UPDATE bus_delivery SET state = %s, lease_until = {db.later},
       attempts = attempts + %s, token = token + %s
    WHERE id {db.among_ids}"""

FENCES = 10_000
"""The range of a fence: two tries rarely have the same, and tokens fit the ledger's column."""


def new_fence() -> int:
    """The number by which one try to start a message raises its tokens; rarely that of another."""
    return 1 + secrets.randbelow(FENCES)


def start(handler: Handler, tickets: list[Ticket], tries: list[int]) -> list[Attempt]:
    """Start the deliveries of a message that still have its tokens; one commit.

    Those of an atomic handler are all *running*. Of an external one the first is *sending* and the
    others are *running*. Deliveries of a subscription that may get no work are requeued. May be
    called again with the same `tries` if the answer to its commit was lost: they identify what it
    has started.
    """
    tokens = dict(tickets)
    if len(tickets) == 1 and ledger_size.is_large:
        fence = new_fence()
        tries.append(fence)
        if lone := _start_lone(handler, tickets[0], fence):
            return [lone]
        tries.pop()  # the database has answered: nothing was started
    with transaction.atomic():
        plan_by_index()
        rows = _lock_with_events(handler, list(tokens), (State.SENT,))
        valid = [row for row in rows if row[1] == tokens[row[0]]]
        if tries and not valid:
            # Read only now, when the commit of the try before has ended.
            return _started_before(handler, tokens, tries)
        fence = new_fence()
        tries.append(fence)
        if any(row[STOPPED_AT] for row in valid):
            requeue([row[0] for row in valid])
            return []
        others = [row[0] for row in valid if _is_of_another_release(handler, row)]
        reads = f"{handler.event_type.__name__} up to version {handler.event_type.version}"
        requeue_for_others(
            others, f"Waits for a worker of another release: this one reads {reads}."
        )
        valid = [row for row in valid if not _is_of_another_release(handler, row)]
        attempts = [_attempt(handler, row, fence) for row in valid]
        now = 1 if handler.external else len(attempts)
        _mark(attempts[now:], State.RUNNING, handler.queue.lease, fence=fence)
        return _start_locked(attempts[:now], handler, fence=fence) + attempts[now:]


def _is_of_another_release(handler: Handler, row: tuple[Any, ...]) -> bool:
    """Whether workers of the other release can handle the event: it has the registered type and
    this worker's handler takes another one, or its version is newer than this worker's class."""
    event_type, registered = str(row[EVENT_TYPE_AT]), str(row[HANDLES_AT])
    if event_type == handler.event_type.__name__:
        return bool(row[VERSION_AT] > handler.event_type.version)
    return event_type == registered


def _start_lone(handler: Handler, ticket: Ticket, fence: int) -> Attempt | None:
    """Start a message's only delivery in one statement; None if that is not possible.

    Only in a large ledger: in a small one PostgreSQL could plan a read of the whole table. And only
    one delivery: several have to be locked in their order.
    """
    state = State.SENDING if handler.external else State.RUNNING
    lease, event = handler.queue.lease.total_seconds(), handler.event_type
    reads = (handler.name, event.__name__, event.version)
    with connection.cursor() as cursor:
        cursor.execute(START_LONE, [state.value, lease, fence, *ticket, *reads])
        row = cursor.fetchone()
        return _attempt(handler, row) if row else None


def _start_locked(attempts: list[Attempt], handler: Handler, *, fence: int = 0) -> list[Attempt]:
    """Mark locked deliveries as started, and count the attempt."""
    state = State.SENDING if handler.external else State.RUNNING
    _mark(attempts, state, handler.queue.lease, attempt=True, fence=fence)
    return [_begun(one) for one in attempts]


@planned_by_index()
def start_next(rest: list[Attempt], handler: Handler) -> list[Attempt]:
    """Mark the first of the rest that this worker still owns as sending; returns it and the others.

    Call it in the transaction that finishes the delivery before. The lease of the others is renewed
    when they are started; until then the lease of the message is long enough. If the subscription
    may get no work, the rest is requeued. May be called again if the answer to its commit was lost:
    the next one is then *sending* under its token already, and has one attempt more.
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
    """Start this one if it is owned and its subscription may get work, as nearly always."""
    with connection.cursor() as cursor:
        cursor.execute(START_NEXT, [handler.queue.lease.total_seconds(), one.id, one.token])
        return _begun(one) if cursor.rowcount else None


def _begun(one: Attempt) -> Attempt:
    attempts, origin = one.attempts + 1, one.origin
    if spans.are_recorded():
        origin = replace(origin, attempt=attempts)
    return replace(one, attempts=attempts, origin=origin, began=time.monotonic())


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
    """The deliveries that an earlier try has started, if its commit was successful."""
    rows = _lock_with_events(handler, list(tokens), BEGUN)
    return [_attempt(handler, row) for row in rows if row[1] - tokens[row[0]] in tries]


def _lock_with_events(
    handler: Handler, ids: list[int], states: tuple[State, ...]
) -> list[tuple[Any, ...]]:
    """The deliveries in one of these states, with their events, locked; in the order of the events.

    It waits for locked rows. A row that was skipped would wait for the end of its lease, and the
    lock may be that of a stale message.
    """
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(LOCK_WITH_EVENTS[states], [db.array(ids), handler.name])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _attempt(handler: Handler, row: tuple[Any, ...], fence: int = 0) -> Attempt:
    pk, token, attempts, uncounted, alone, ambiguous, suppressed, event, event_type = row[:9]
    version, correlation, traceparent, stream, data, personal, secret = row[9:STOPPED_AT]
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
        personal=None if personal is None else Stored(json.loads(personal), secret, event),
        origin=Origin(
            UUID(str(correlation)),
            event,
            traceparent,
            bool(suppressed),
            stream,
            delivery=pk,
            attempt=attempts,
        ),
        key=delivery_key(event, handler.name),
    )
