"""A worker's entries in the ledger: close, hand back. `close` and `hand_back` ask for the token;
what changes rows by their ids alone belongs after `still_owned` in the same transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Min
from django.db.models.functions import Now
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from bus.context import Origin
from bus.events import DomainEvent, UnreadableEvent
from bus.handlers import Handler
from bus.models import Delivery, State
from bus.store.among import among
from bus.store.clock import sql_now
from bus.store.planner import plan_by_index

Row = tuple[int, int, bool]
"""A delivery's id and token, and whether its subscription is paused or held."""

STOPPED = "s.paused_at IS NOT NULL OR COALESCE(s.held_until > {0}, FALSE)"
"""Nothing more of a subscription `s` is begun at the instant {0}: it is paused, or held by a
backfill."""


RELEASE_WAIT, LONGEST_RELEASE_WAIT = timedelta(seconds=2), timedelta(minutes=1)
"""Until what a worker has no code for is sent again: a tenth of the time for which it has been
open, within these. At once it could come straight back, and a queue of which no worker ever has the
code would go in circles."""


@dataclass(frozen=True)
class Taken:
    """A delivery in this worker's hands, with its event."""

    id: int
    token: int
    attempts: int
    uncounted: int
    alone: bool
    ambiguous: int
    event_type: str
    event_version: int
    data: dict[str, Any]
    personal: dict[str, Any] | None
    origin: Origin
    key: str


def update(changes: str, values: list[Any], ids: list[int]) -> None:
    """Change these rows, whosever they are.

    In SQL, as all that is done once for each delivery: Django takes longer to put such a statement
    together than PostgreSQL takes to run it.
    """
    condition, wanted = among(ids)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE bus_delivery SET {changes} WHERE id {condition}", [*values, wanted])


def locked(taken: Iterable[Taken], states: Sequence[State]) -> list[Row]:
    """Those that are in one of these states, locked for the rest of the transaction."""
    ids = [one.id for one in taken]
    if not ids:
        return []
    lock = "FOR UPDATE OF d" if connection.vendor == "postgresql" else ""
    condition, wanted = among(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT d.id, d.token, {STOPPED.format(sql_now())} "
            "FROM bus_delivery d JOIN bus_subscription s ON s.id = d.subscription_id "
            f"WHERE d.id {condition} AND {in_state(*states)} "
            f"ORDER BY d.id {lock}",
            [wanted],
        )
        return [(pk, token, bool(stopped)) for pk, token, stopped in cursor.fetchall()]


def owned_of(taken: Iterable[Taken], rows: list[Row]) -> set[int]:
    tokens = {one.id: one.token for one in taken}
    return {pk for pk, token, _stopped in rows if token == tokens[pk]}


def in_state(*states: State) -> str:
    """A condition on a delivery that is found by its id, and by no index of the states.

    Those are for what is in flight. Where PostgreSQL takes that for next to nothing, as after a
    quiet hour, it would read all of it to find one delivery.
    """
    literals = ", ".join(f"'{state.value}'" for state in states)
    return f"(state || '') IN ({literals})"


def still_owned(taken: Iterable[Taken], state: State) -> set[int]:
    """Lock the rows for the rest of the transaction and say which are still this worker's."""
    mine = list(taken)
    return owned_of(mine, locked(mine, [state]))


DONE = "state = 'done', closed_at = {0}, lease_until = NULL, error = ''"
"""What a closed delivery is, from the instant {0}."""


def close_done(ids: Iterable[int]) -> None:
    if done := list(ids):
        update(DONE.format(sql_now()), [], done)


SWALLOWED = 3
"""INERROR of psycopg's TransactionStatus; where SQLite serves, psycopg need not be installed."""


def require_sound() -> None:
    """Ask before a commit: one after a database error that a handler has swallowed would be none.

    Raises:
        TransactionManagementError: there was such an error; `transaction.atomic()` around what
            may fail keeps it from the rest.
    """
    connection.validate_no_broken_transaction()
    driver = connection.connection
    if connection.vendor == "postgresql" and driver.info.transaction_status == SWALLOWED:
        raise TransactionManagementError("A handler has swallowed an error of the database.")


def close(one: Taken, state: State) -> bool:
    """Close what was in this state, if it is still this worker's; says whether it was.

    `closed_at` is this instant: where a lone delivery is closed first and then done, that of its
    transaction's begin.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE bus_delivery SET {DONE.format(sql_now())} "
            f"WHERE id = %s AND token = %s AND {in_state(state)}",
            [one.id, one.token],
        )
        return bool(cursor.rowcount)


def put_back(ids: list[int], wait: timedelta = timedelta(0)) -> None:
    """Due again, at once or after the `wait` that a failure of others brings."""
    again = Now() + wait
    failed = {"retry_at": again} if wait else {}
    Delivery.objects.filter(id__in=ids).update(
        state=State.WAITING, due_at=again, lease_until=None, **failed
    )


def hand_back(taken: list[Taken], wait: timedelta = timedelta(0)) -> int:
    """Give back what was not begun; it loses no attempt. Returns how many there were."""
    with transaction.atomic():
        plan_by_index()
        owned = still_owned(taken, State.RUNNING)
        put_back(list(owned), wait)
    return len(owned)


def release(ids: list[int]) -> None:
    """Leave these to a worker of another release. They were not tried, so nothing else changes."""
    rows = Delivery.objects.filter(id__in=ids)
    oldest: datetime | None = rows.aggregate(at=Min("due_since"))["at"]
    if oldest:
        wait = min(max(RELEASE_WAIT, (timezone.now() - oldest) / 10), LONGEST_RELEASE_WAIT)
        rows.update(state=State.WAITING, due_at=Now() + wait, lease_until=None)


@transaction.atomic
def release_sent(tickets: list[tuple[int, int]]) -> int:
    """Release those of a message that are still sent under its tokens; returns how many."""
    tokens = dict(tickets)
    sent = Delivery.objects.filter(id__in=tokens, state=State.SENT).order_by("event_id")
    rows = sent.select_for_update().values_list("id", "token")
    valid = [pk for pk, token in rows if token == tokens[pk]]
    release(valid)
    return len(valid)


def send_alone(ids: Iterable[int], *, uncounted: bool) -> None:
    """Release what failed together, to be tried one by one; `uncounted`: this was no try."""
    Delivery.objects.filter(id__in=list(ids)).update(
        state=State.WAITING,
        due_at=Now(),
        retry_at=Now(),
        lease_until=None,
        alone=True,
        uncounted=F("uncounted") + int(uncounted),
    )


def read(handler: Handler, taken: Taken) -> DomainEvent:
    """The event of a delivery.

    Raises:
        UnreadableEvent: it does not fit the class that the handler asks for, or is of another type.
    """
    asked = handler.event_type.__name__
    if taken.event_type != asked:
        raise UnreadableEvent(
            f"The event is of type {taken.event_type}, and {handler.name} handles {asked} now. "
            f"Discard the delivery, or bring back a handler of {taken.event_type} under this name."
        )
    return handler.event_type.read(taken.event_version, taken.data, taken.personal)
