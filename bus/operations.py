"""What an operator can do to the ledger. Each writes down who did it, when and why."""

import textwrap
from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from bus.models import IN_FLIGHT, Delivery, OperatorAction, Queue, State, Subscription
from bus.relay.routing import lock_routing


class Refused(Exception):
    """The ledger does not allow this; the message says why and what to do."""


REPEATABLE_STATES = (State.DEAD, State.WAITING, State.DONE, State.DISCARDED)


def deliver_again(ids: Iterable[int], *, by: str, why: str = "") -> int:
    """Make deliveries due now, with a fresh count of attempts; returns how many.

    A delivery that is done is delivered again too: an atomic reaction's own keys keep its effect
    from happening twice, an outside one repeats it under the same key. What is in flight is
    left, and so is what belongs to a retired subscription: nobody would claim it.
    """
    ids = sorted(ids)
    with transaction.atomic():
        count = Delivery.objects.filter(
            id__in=ids, state__in=REPEATABLE_STATES, subscription__retired_at__isnull=True
        ).update(
            state=State.WAITING,
            due_at=Now(),
            token=F("token") + 1,
            attempts=0,
            crashes=0,
            ambiguous=0,
            closed_at=None,
        )
        record(by, "deliver again", _named(ids), count, why)
    return count


def discard(ids: Iterable[int], *, by: str, why: str) -> int:
    """End waiting or dead deliveries without their effect; returns how many.

    Raises:
        Refused: without a reason.
    """
    ids = sorted(ids)
    if not why.strip():
        raise Refused("Discarding needs a reason: it is the only trace of what did not happen.")
    with transaction.atomic():
        count = Delivery.objects.filter(id__in=ids, state__in=(State.DEAD, State.WAITING)).update(
            state=State.DISCARDED, closed_at=Now(), token=F("token") + 1
        )
        record(by, "discard", _named(ids), count, why)
    return count


def pause(name: str, *, by: str, why: str = "") -> None:
    """Stop claiming for a subscription; workers hand back what has not started.

    Raises:
        Refused: there is no such subscription.
    """
    _change(name, "pause", by, why, paused_at=Now())


def resume(name: str, *, by: str, why: str = "") -> None:
    """Claim for a subscription again.

    Raises:
        Refused: there is no such subscription.
    """
    _change(name, "resume", by, why, paused_at=None)


def retire(name: str, *, by: str, why: str = "") -> None:
    """End a subscription: it gets no new deliveries, and the open ones are discarded.

    Raises:
        Refused: there is no such subscription, or a worker holds some of its deliveries.
    """
    with transaction.atomic():
        # Neither a router nor a claim may be half-way while the subscription ends.
        lock_routing()
        Queue.objects.select_for_update().filter(subscription__name=name).first()
        _change(name, "retire", by, why, retired_at=Now())
        own = Delivery.objects.filter(subscription__name=name)
        if own.filter(state__in=IN_FLIGHT).exists():
            raise Refused(f"{name} has deliveries in flight: pause it, wait, and retire it then.")
        own.filter(state__in=(State.WAITING, State.DEAD)).update(
            state=State.DISCARDED, closed_at=Now()
        )


def _change(name: str, what: str, by: str, why: str, **changes: object) -> None:
    with transaction.atomic():
        if not Subscription.objects.filter(name=name).update(**changes):
            raise Refused(f"There is no subscription {name}; see manage.py subscriptions.")
        record(by, what, name, why=why)


def record(by: str, what: str, subject: str, count: int = 1, why: str = "") -> None:
    """Write down who did what to the ledger."""
    OperatorAction.objects.create(who=by, what=what, subject=subject, count=count, why=why)


def _named(ids: list[int]) -> str:
    longest = OperatorAction._meta.get_field("subject").max_length
    return textwrap.shorten(f"deliveries {' '.join(map(str, ids))}", longest or 200)
