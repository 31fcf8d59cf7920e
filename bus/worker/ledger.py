"""A worker's entries in the ledger: take, close, hand back. Every one asks for its token."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from bus.context import Origin
from bus.facts import Fact
from bus.models import Delivery, State
from bus.models.ledger import delivery_key
from bus.registry import Reaction

Ticket = tuple[int, int]
"""A delivery's id and the token it was sent with."""

STOPPED = Q(subscription__paused_at__isnull=False) | Q(subscription__held_until__gt=Now())
"""Nothing more is begun for the delivery's subscription: it is paused, or held by a backfill."""


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


def take(reaction: Reaction, tickets: list[Ticket]) -> list[Taken]:
    """Mark as running what this message still owns; one commit. Paused and held ones go back.

    An atomic handler's deliveries are all begun; of an outside handler's the first one is, and
    it is *sending*. A row that another worker holds is left to it.
    """
    tokens = dict(tickets)
    with transaction.atomic():
        rows = (
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(id__in=tokens, state=State.SENT, subscription__name=reaction.name)
            .select_related("event", "event__personal", "subscription")
            .annotate(stopped=STOPPED)
            .order_by("event_id")
        )
        owned = [row for row in rows if row.token == tokens[row.id]]
        if any(row.stopped for row in owned):
            _hand_back([row.id for row in owned])
            return []
        taken = [_taken(row) for row in owned]
        _mark(taken, State.RUNNING, reaction.queue.lease, token=F("token") + 1)
        begun = 1 if reaction.outside else len(taken)
        return _begin(taken[:begun], reaction) + taken[begun:]


def _begin(taken: list[Taken], reaction: Reaction) -> list[Taken]:
    """Count an attempt: the bodies of these are run next."""
    state = State.SENDING if reaction.outside else State.RUNNING
    _mark(taken, state, reaction.queue.lease, attempts=F("attempts") + 1)
    return [replace(one, attempts=one.attempts + 1) for one in taken]


def begin_next(rest: list[Taken], reaction: Reaction) -> list[Taken]:
    """Mark the first of the rest as sending and renew the lease of the others; returns them.

    Belongs into the transaction that closes the delivery before. The rest of a paused or held
    subscription is handed back, and what is no longer this worker's is left alone. May be called
    again when the answer to its commit was lost: what is *sending* under its token already is
    the next one, and has lost nothing but an attempt.
    """
    tokens = {one.id: one.token for one in rest}
    rows = list(
        Delivery.objects.select_for_update(of=("self",))
        .filter(id__in=tokens, state__in=(State.RUNNING, State.SENDING))
        .annotate(stopped=STOPPED)
        .values_list("id", "token", "stopped")
    )
    owned = {pk for pk, token, _stopped in rows if token == tokens[pk]}
    if any(stopped for _pk, _token, stopped in rows):
        _hand_back(list(owned))
        return []
    rest = [one for one in rest if one.id in owned]
    _mark(rest[1:], State.RUNNING, reaction.queue.lease)
    return _begin(rest[:1], reaction) + rest[1:]


def _mark(taken: list[Taken], state: State, lease: timedelta, **changes: Any) -> None:
    if taken:
        Delivery.objects.filter(id__in=[one.id for one in taken]).update(
            state=state, lease_until=Now() + lease, **changes
        )


def _taken(row: Delivery) -> Taken:
    event = row.event
    personal = getattr(event, "personal", None)
    return Taken(
        id=row.id,
        token=row.token + 1,
        attempts=row.attempts,
        alone=row.alone,
        ambiguous=row.ambiguous,
        fact_version=event.version,
        data=event.data,
        personal=personal.data if personal else None,
        origin=Origin(event.correlation, event.uuid, event.traceparent, quiet=row.quiet),
        key=delivery_key(event.uuid, row.subscription.name),
    )


def still_owned(taken: Iterable[Taken], state: State) -> set[int]:
    """Lock the rows for the rest of the transaction and say which are still this worker's."""
    tokens = {one.id: one.token for one in taken}
    rows = (
        Delivery.objects.select_for_update(of=("self",))
        .filter(id__in=tokens, state=state)
        .order_by("id")
        .values_list("id", "token")
    )
    return {pk for pk, token in rows if token == tokens[pk]}


def close_done(ids: Iterable[int]) -> None:
    Delivery.objects.filter(id__in=list(ids)).update(
        state=State.DONE, closed_at=Now(), lease_until=None, error=""
    )


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
