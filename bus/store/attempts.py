"""Finish, fail, release and isolate started deliveries.

`finish` and `release` compare the token. The functions that change rows by their ids only must be
called after the rows were locked in the same transaction, as `lock_owned` does.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Min
from django.db.models.functions import Now
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from bus.context import Origin
from bus.models import Delivery, State
from bus.sealing import Stored
from bus.store.conditions import STOPPED, in_state
from bus.store.database import db
from bus.store.failures import Failure, record
from bus.store.planner import plan_by_index

Row = tuple[int, int, bool]
"""A delivery's id and token, and whether its subscription may get no work."""

BEGUN = (State.RUNNING, State.SENDING)

RELEASE_WAIT, LONGEST_RELEASE_WAIT = timedelta(seconds=2), timedelta(minutes=1)
"""Limits of the wait of deliveries that a worker has no code for: a tenth of the time for which
they have been open. Without a wait they would come straight back, again and again."""

NO_HANDLER = "Waits for a worker of another release: the one that got it has not this handler."

# In SQL, like every statement that runs once per delivery: Django takes longer to compose it than
# PostgreSQL to run it.
LOCK: dict[tuple[State, ...], str] = {
    states: f"""SELECT d.id, d.token, {STOPPED}
    FROM bus_delivery d JOIN bus_subscription s ON s.id = d.subscription_id
    WHERE d.id {db.among_ids} AND {in_state(*states)} ORDER BY d.id {db.lock}"""
    for states in ((State.RUNNING,), (State.SENDING,), BEGUN)
}

IS_DONE = (
    f"state = 'done', closed_at = {db.now}, lease_until = NULL, error = '', failure_key = NULL"
)
FINISH = {
    state: f"""UPDATE bus_delivery SET {IS_DONE}
    WHERE id = %s AND token = %s AND {in_state(state)}"""
    for state in BEGUN
}
FINISH_OWNED = f"UPDATE bus_delivery SET {IS_DONE} WHERE id {db.among_ids}"


@dataclass(frozen=True)
class Attempt:
    """A delivery that this worker has started, with its event."""

    id: int
    token: int
    attempts: int
    uncounted: int
    alone: bool
    ambiguous: int
    event_type: str
    event_version: int
    data: dict[str, Any]
    personal: Stored | None
    origin: Origin
    key: str
    began: float = field(default_factory=time.monotonic, compare=False)
    """When this worker started it."""


def lock(attempts: Iterable[Attempt], states: Sequence[State]) -> list[Row]:
    """The deliveries in one of these states, locked for the rest of the transaction."""
    ids = [one.id for one in attempts]
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(LOCK[tuple(states)], [db.array(ids)])
        return [(pk, token, bool(stopped)) for pk, token, stopped in cursor.fetchall()]


def owned(attempts: Iterable[Attempt], rows: list[Row]) -> set[int]:
    """The ids of the locked rows that still have this worker's token."""
    tokens = {one.id: one.token for one in attempts}
    return {pk for pk, token, _stopped in rows if token == tokens[pk]}


def lock_owned(attempts: Iterable[Attempt], state: State) -> set[int]:
    """Lock the rows for the rest of the transaction; returns the ids that this worker owns."""
    mine = list(attempts)
    return owned(mine, lock(mine, (state,)))


def finish(one: Attempt, state: State) -> bool:
    """Mark a delivery in this state as done; returns False if this worker does not own it any more.

    `closed_at` is this instant. A lone delivery is finished first and then handled, so its
    `closed_at` is near the beginning of its transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(FINISH[state], [one.id, one.token])
        return bool(cursor.rowcount)


def finish_owned(ids: Iterable[int]) -> None:
    """Mark these as done."""
    if done := list(ids):
        with connection.cursor() as cursor:
            cursor.execute(FINISH_OWNED, [db.array(done)])


def raise_if_aborted() -> None:
    """Raise if the transaction is aborted: PostgreSQL would turn COMMIT into ROLLBACK.

    Raises:
        TransactionManagementError: a handler has swallowed a database error. It must put the
            statements that may fail into a `transaction.atomic()` of their own.
    """
    connection.validate_no_broken_transaction()
    if db.is_aborted():
        raise TransactionManagementError(
            "A handler has swallowed a database error; put the statements that may fail into a "
            "transaction.atomic() of their own."
        )


def fail(
    failure: Failure, error: str, wait: timedelta | None, *, ambiguous: bool, uncounted: bool
) -> State:
    """Change the ledger after a failed attempt: due again after `wait`, dead if it is None.

    The caller records the failure (`bus.store.failures.record`) in the same transaction.
    """
    changes: dict[str, Any] = {"lease_until": None, "error": error, "failure_key": failure.key}
    if ambiguous:
        changes["ambiguous"] = F("ambiguous") + 1
    if uncounted:
        changes["uncounted"] = F("uncounted") + 1
    if wait is None:
        changes |= {"state": State.DEAD, "closed_at": Now()}
    else:
        changes |= {"state": State.WAITING, "due_at": Now() + wait, "retry_at": Now() + wait}
    Delivery.objects.filter(id=failure.delivery).update(**changes)
    return State.DEAD if wait is None else State.WAITING


def requeue(ids: list[int], wait: timedelta = timedelta(0)) -> None:
    """Make due again what a worker returns, at once or after a `wait`."""
    again = Now() + wait
    failed = {"retry_at": again} if wait else {}
    Delivery.objects.filter(id__in=ids).update(
        state=State.WAITING, due_at=again, lease_until=None, **failed
    )


def release(attempts: list[Attempt], wait: timedelta = timedelta(0)) -> int:
    """Requeue deliveries that were not started; no attempt is counted. Returns how many."""
    with transaction.atomic():
        plan_by_index()
        ids = lock_owned(attempts, State.RUNNING)
        requeue(list(ids), wait)
    return len(ids)


def requeue_for_others(ids: list[int], why: str) -> None:
    """Requeue deliveries for workers of another release; no attempt is counted.

    They count as failing, with this error: if no such worker comes, as after a rollback, they are
    listed as needing a person.
    """
    rows = Delivery.objects.filter(id__in=ids)
    oldest: datetime | None = rows.aggregate(at=Min("due_since"))["at"]
    if oldest:
        wait = min(max(RELEASE_WAIT, (timezone.now() - oldest) / 10), LONGEST_RELEASE_WAIT)
        again = Now() + wait
        rows.update(state=State.WAITING, due_at=again, retry_at=again, lease_until=None, error=why)


@transaction.atomic
def release_message(tickets: list[tuple[int, int]]) -> int:
    """Requeue the deliveries of a message that still have its tokens; returns how many."""
    tokens = dict(tickets)
    sent = Delivery.objects.filter(id__in=tokens, state=State.SENT).order_by("event_id")
    rows = sent.select_for_update().values_list("id", "token")
    valid = [pk for pk, token in rows if token == tokens[pk]]
    requeue_for_others(valid, NO_HANDLER)
    return len(valid)


def isolate(failures: Sequence[Failure], *, uncounted: bool) -> None:
    """Make a failed batch due again, each in its own message; `uncounted`: no try is used up.

    The batch has failed as a whole, so its failures have one key. They are recorded.
    """
    if not failures:
        return
    Delivery.objects.filter(id__in=[one.delivery for one in failures]).update(
        state=State.WAITING,
        due_at=Now(),
        retry_at=Now(),
        lease_until=None,
        alone=True,
        uncounted=F("uncounted") + int(uncounted),
        failure_key=failures[0].key,
    )
    record(failures)
