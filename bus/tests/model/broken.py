"""Buses with one promise broken each, which the model must catch or it proves nothing."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from bus.handlers import Handler
from bus.models import Delivery, State
from bus.store import attempts, claims, outbox, rescue, starts
from bus.store.allowance import Allowances
from bus.store.attempts import Attempt
from bus.store.claims import Batch
from bus.store.conditions import CLAIMABLE, STOPPED
from bus.store.in_flight import InFlight
from bus.store.poll import Work
from bus.store.starts import Ticket
from bus.worker import atomic, errors, external, registration

Break = Callable[[pytest.MonkeyPatch], None]


def any_message_will_do(patch: pytest.MonkeyPatch) -> None:
    """`start` asks for no token."""
    real = starts.start

    def start(handler: Handler, tickets: list[Ticket], tries: list[int]) -> list[Attempt]:
        rows = Delivery.objects.filter(id__in=[pk for pk, _token in tickets])
        return real(handler, list(rows.values_list("id", "token")), tries)

    patch.setattr(atomic, "start", start)
    patch.setattr(external, "start", start)


def _all_owned(taken: Iterable[Attempt], _state: State) -> set[int]:
    return {one.id for one in taken}


def _close_anyhow(one: Attempt, _state: State) -> bool:
    attempts.finish_owned([one.id])
    return True


def atomic_without_fence(patch: pytest.MonkeyPatch) -> None:
    """A worker that wakes after its lease believes that all is still its own."""
    patch.setattr(atomic, "lock_owned", _all_owned)
    patch.setattr(atomic, "finish", _close_anyhow)


def outside_without_fence(patch: pytest.MonkeyPatch) -> None:
    """The same of what is outside the database."""
    patch.setattr(external, "lock_owned", _all_owned)
    patch.setattr(external, "finish", _close_anyhow)


def next_without_fence(patch: pytest.MonkeyPatch) -> None:
    """It begins the next of its message without asking."""

    def start_next(rest: list[Attempt], handler: Handler) -> list[Attempt]:
        lease = Now() + handler.queue.lease
        for one in rest[:1]:
            Delivery.objects.filter(pk=one.id).update(
                state=State.SENDING, attempts=F("attempts") + 1, lease_until=lease
            )
        return [replace(one, attempts=one.attempts + 1) for one in rest[:1]] + rest[1:]

    patch.setattr(external, "start_next", start_next)


def old_token(patch: pytest.MonkeyPatch) -> None:
    """A delivery is sent again under an older token than it had."""
    real = claims.claim

    def claim(work: list[Work], **options: Any) -> list[Batch]:
        with transaction.atomic():
            batches = real(work, **options)
            ids = [pk for batch in batches for pk, token in batch.tickets if token > 1]
            Delivery.objects.filter(id__in=ids).update(token=0)
        return [
            Batch(one.task, one.queue, [(pk, int(token == 1)) for pk, token in one.tickets])
            for one in batches
        ]

    patch.setattr(claims, "claim", claim)


def no_lanes(patch: pytest.MonkeyPatch) -> None:
    """A later event passes by an earlier one."""
    patch.setattr(claims, "CANDIDATES_OF_LANES", claims.CANDIDATES)


def no_window(patch: pytest.MonkeyPatch) -> None:
    """All that is due goes into the broker."""
    patch.setattr(InFlight, "count", lambda _self, _work: {})


def no_places(patch: pytest.MonkeyPatch) -> None:
    """A queue's limit is not asked for."""
    patch.setattr(Allowances, "within", lambda _self, _queue, count: count)


def no_delay(patch: pytest.MonkeyPatch) -> None:
    """All is due when it is fanned out."""
    patch.setattr(outbox, "FAN_OUT", outbox.FAN_OUT.replace("s.after > 0", "FALSE"))


def pointless_all_the_same(patch: pytest.MonkeyPatch) -> None:
    """A later event changes nothing."""
    patch.setattr(claims, "pointless", lambda _work, _ids: set())


def effect_apart_from_done(patch: pytest.MonkeyPatch) -> None:
    """The effect is committed, and *done* in a second transaction."""
    real = attempts.finish_owned

    def finish_owned(ids: Iterable[int]) -> None:
        done = list(ids)
        transaction.on_commit(lambda: real(done))

    def finish(one: Attempt, state: State) -> bool:
        transaction.on_commit(lambda: attempts.finish(one, state))
        return True

    patch.setattr(atomic, "finish_owned", finish_owned)
    patch.setattr(atomic, "finish", finish)


def outbox_emptied_first(patch: pytest.MonkeyPatch) -> None:
    """Events leave the outbox, and enter the ledger in a second transaction."""
    real = outbox.insert_deliveries
    patch.setattr(
        outbox, "insert_deliveries", lambda *values: transaction.on_commit(lambda: real(*values))
    )


def doubt_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Whoever was lost while sending is taken for one that had not begun."""
    real = rescue.verdict_on

    def verdict(work: Work, row: Delivery) -> dict[str, Any]:
        if row.state == State.SENDING:
            row.state = State.SENT
        return real(work, row)

    patch.setattr(rescue, "verdict_on", verdict)


def a_key_for_each_try(patch: pytest.MonkeyPatch) -> None:
    """The other side cannot know that it was called before."""
    patch.setattr(starts, "delivery_key", lambda *_: uuid4().hex)


def broker_loss_is_workers_loss(patch: pytest.MonkeyPatch) -> None:
    """When the broker's memory is lost, what workers hold is sent again, too."""

    def rescue_sent() -> int:
        in_flight = Delivery.objects.filter(state__in=[State.SENT, State.SENDING])
        return in_flight.update(state=State.WAITING, lease_until=None)

    patch.setattr(rescue, "rescue_sent", rescue_sent)


def pause_unheard(patch: pytest.MonkeyPatch) -> None:
    """A worker does not ask whether its subscription is paused."""
    for states, sql in attempts.LOCK.items():
        patch.setitem(attempts.LOCK, states, sql.replace(STOPPED, "FALSE"))
    for states, sql in starts.LOCK_WITH_EVENTS.items():
        patch.setitem(starts.LOCK_WITH_EVENTS, states, sql.replace(STOPPED, "FALSE"))
    patch.setattr(starts, "START_LONE", starts.START_LONE.replace(CLAIMABLE, "TRUE"))
    patch.setattr(starts, "START_NEXT", starts.START_NEXT.replace(STOPPED, "FALSE"))


def newcomer_misses_the_last_minute(patch: pytest.MonkeyPatch) -> None:
    """An event published between a publisher's read and a registration gets no delivery."""
    patch.setattr(registration, "sweep", lambda *_: None)


def leases_never_end(patch: pytest.MonkeyPatch) -> None:
    """What a lost worker had begun stays begun."""
    patch.setattr(claims, "rescue_late", lambda _work, _queued: None)


def suspects_in_company(patch: pytest.MonkeyPatch) -> None:
    """What failed together is sent together again."""
    real = claims.due_candidates

    def candidates(work: Work, room: int, bulk: bool) -> list[claims.Candidate]:
        return [replace(one, alone=False) for one in real(work, room, bulk)]

    patch.setattr(claims, "due_candidates", candidates)


def no_second_try(patch: pytest.MonkeyPatch) -> None:
    """What is transient is fatal."""
    patch.setattr(errors, "is_final", lambda *_: True)
