"""A worker's entries in the ledger: take, close, hand back. Every one asks for its token."""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from bus.clock import sql_in, sql_now
from bus.context import Origin
from bus.facts import Fact
from bus.models import Delivery, State
from bus.models.ledger import delivery_key
from bus.registry import Reaction

Ticket = tuple[int, int]
"""A delivery's id and the token it was sent with."""

Row = tuple[int, int, bool]
"""A delivery's id and token, and whether its subscription is paused or held."""

FENCES = 10_000
"""Of so many two tries are one, and tokens stay small enough for the ledger."""

STOPPED = "s.paused_at IS NOT NULL OR COALESCE(s.held_until > {0}, FALSE)"
"""Nothing more of a subscription `s` is begun at the instant {0}: it is paused, or held by a
backfill."""


@dataclass(frozen=True)
class Taken:
    """A delivery in this worker's hands, with its event."""

    id: int
    token: int
    attempts: int
    alone: bool
    ambiguous: int
    fact_version: int
    data: dict[str, Any]
    personal: dict[str, Any] | None
    origin: Origin
    key: str


def new_fence() -> int:
    """By how much one try to take a message raises the tokens: hardly another one as much."""
    return 1 + secrets.randbelow(FENCES)


def take(reaction: Reaction, tickets: list[Ticket], tries: list[int]) -> list[Taken]:
    """Mark as running what this message still owns; one commit. Paused and held ones go back.

    An atomic handler's deliveries are all begun; of an outside handler's the first one is, and
    it is *sending*. May be called again, with the same `tries`, when the answer to its commit was
    lost: they tell what it has taken already.
    """
    tokens = dict(tickets)
    with transaction.atomic():
        rows = _rows(reaction, list(tokens), [State.SENT])
        owned = [row for row in rows if row[1] == tokens[row[0]]]
        if tries and not owned:
            # Asked only now: the one before may have waited for that very commit.
            return _begun(reaction, tokens, tries)
        fence = new_fence()
        tries.append(fence)
        if any(row[2] for row in owned):
            _hand_back([row[0] for row in owned])
            return []
        taken = [_taken(reaction, row, fence) for row in owned]
        now = 1 if reaction.outside else len(taken)
        _mark(taken[now:], State.RUNNING, reaction.queue.lease, fence=fence)
        return _begin(taken[:now], reaction, fence=fence) + taken[now:]


def _begin(taken: list[Taken], reaction: Reaction, *, fence: int = 0) -> list[Taken]:
    """Count an attempt: the bodies of these are run next."""
    state = State.SENDING if reaction.outside else State.RUNNING
    _mark(taken, state, reaction.queue.lease, attempt=True, fence=fence)
    return [replace(one, attempts=one.attempts + 1) for one in taken]


def begin_next(rest: list[Taken], reaction: Reaction) -> list[Taken]:
    """Mark the first of the rest that is still this worker's as sending; returns it and the others.

    Belongs into the transaction that closes the delivery before. The lease of the others is not
    renewed: it is longer than the time in which one of them may be begun, and is renewed then.
    The rest of a paused or held subscription is handed back. May be called again when the answer
    to its commit was lost: what is *sending* under its token already is the next one, and has
    lost nothing but an attempt.
    """
    begun = (State.RUNNING, State.SENDING)
    while rest:
        rows = _locked(rest[:1], begun)
        if any(stopped for _pk, _token, stopped in rows):
            _hand_back(list(_owned(rest, _locked(rest, begun))))
            return []
        if _owned(rest[:1], rows):
            return _begin(rest[:1], reaction) + rest[1:]
        rest = rest[1:]
    return []


def _mark(
    taken: list[Taken],
    state: State,
    lease: timedelta,
    *,
    attempt: bool = False,
    fence: int = 0,
) -> None:
    if taken:
        _update(
            f"state = %s, lease_until = {sql_in(lease.total_seconds())}, "
            "attempts = attempts + %s, token = token + %s",
            [state.value, int(attempt), fence],
            [one.id for one in taken],
        )


def _update(changes: str, values: list[Any], ids: list[int]) -> None:
    # In SQL, as all that is done once for each delivery: Django takes longer to put such a
    # statement together than PostgreSQL takes to run it.
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE bus_delivery SET {changes} WHERE id IN ({_marks(ids)})", [*values, *ids]
        )


def _locked(taken: Iterable[Taken], states: Sequence[State]) -> list[Row]:
    """Those that are in one of these states, locked for the rest of the transaction."""
    ids = [one.id for one in taken]
    if not ids:
        return []
    lock = "FOR UPDATE OF d" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT d.id, d.token, {STOPPED.format(sql_now())} "
            "FROM bus_delivery d JOIN bus_subscription s ON s.id = d.subscription_id "
            f"WHERE d.id IN ({_marks(ids)}) AND d.state IN ({_marks(states)}) "
            f"ORDER BY d.id {lock}",
            [*ids, *(state.value for state in states)],
        )
        return [(pk, token, bool(stopped)) for pk, token, stopped in cursor.fetchall()]


def _owned(taken: Iterable[Taken], rows: list[Row]) -> set[int]:
    tokens = {one.id: one.token for one in taken}
    return {pk for pk, token, _stopped in rows if token == tokens[pk]}


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _begun(reaction: Reaction, tokens: dict[int, int], tries: list[int]) -> list[Taken]:
    """What an earlier try has taken, if its commit came through after all."""
    rows = _rows(reaction, list(tokens), [State.RUNNING, State.SENDING])
    return [_taken(reaction, row) for row in rows if row[1] - tokens[row[0]] in tries]


def _rows(reaction: Reaction, ids: list[int], states: list[State]) -> list[tuple[Any, ...]]:
    """Those in one of these states, with their events, locked; in the order of the events.

    It waits for whoever holds a row for a moment. To leave such a row alone would lose it for
    the length of its lease: it may be a message of an old token that looks at it.
    """
    if not ids:
        return []
    lock = "FOR UPDATE OF d" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT d.id, d.token, {STOPPED.format(sql_now())}, "
            "d.attempts, d.alone, d.ambiguous, d.quiet, "
            "e.uuid, e.version, e.correlation, e.traceparent, e.data, p.data "
            "FROM bus_delivery d JOIN bus_subscription s ON s.id = d.subscription_id "
            "JOIN bus_event e ON e.id = d.event_id "
            "LEFT JOIN bus_personaldata p ON p.event_id = e.id "
            f"WHERE d.id IN ({_marks(ids)}) AND d.state IN ({_marks(states)}) "
            f"AND s.name = %s ORDER BY d.event_id {lock}",
            [*ids, *(state.value for state in states), reaction.name],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _taken(reaction: Reaction, row: tuple[Any, ...], fence: int = 0) -> Taken:
    pk, token, _stopped, attempts, alone, ambiguous, quiet, event, version = row[:9]
    correlation, traceparent, data, personal = row[9:]
    event = UUID(str(event))
    return Taken(
        id=pk,
        token=token + fence,
        attempts=attempts,
        alone=bool(alone),
        ambiguous=ambiguous,
        fact_version=version,
        data=json.loads(data),
        personal=None if personal is None else json.loads(personal),
        origin=Origin(UUID(str(correlation)), event, traceparent, quiet=bool(quiet)),
        key=delivery_key(event, reaction.name),
    )


def still_owned(taken: Iterable[Taken], state: State) -> set[int]:
    """Lock the rows for the rest of the transaction and say which are still this worker's."""
    mine = list(taken)
    return _owned(mine, _locked(mine, [state]))


def close_done(ids: Iterable[int]) -> None:
    done = list(ids)
    if done:
        changes = f"state = 'done', closed_at = {sql_now()}, lease_until = NULL, error = ''"
        _update(changes, [], done)


def _hand_back(ids: list[int], wait: timedelta = timedelta(0)) -> None:
    Delivery.objects.filter(id__in=ids).update(
        state=State.WAITING, due_at=Now() + wait, lease_until=None
    )


def hand_back(taken: list[Taken], wait: timedelta = timedelta(0)) -> int:
    """Give back what was not begun; it loses no attempt. Returns how many there were."""
    with transaction.atomic():
        owned = still_owned(taken, State.RUNNING)
        _hand_back(list(owned), wait)
    return len(owned)


def send_alone(ids: Iterable[int]) -> None:
    """Give back what failed together, to be tried one by one."""
    Delivery.objects.filter(id__in=list(ids)).update(
        state=State.WAITING, due_at=Now(), lease_until=None, alone=True
    )


def read(reaction: Reaction, taken: Taken) -> Fact:
    """The fact of a delivery.

    Raises:
        UnreadableFact: it does not fit the class that the reaction asks for.
    """
    return reaction.fact.read(taken.fact_version, taken.data, taken.personal)
