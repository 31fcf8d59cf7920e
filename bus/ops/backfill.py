"""Giving a subscription the past: deliveries for events from before it was registered."""

from collections.abc import Generator, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.timezone import localtime

from bus.models import Delivery, Event, OperatorAction, Subscription
from bus.ops import Refused, active, count_on, record
from bus.ops.hold import held, wait_until_home
from bus.ops.retention import forgotten_until
from bus.store.outbox import MOST_AT_ONCE, deliver_to, lock_fan_out

PATIENCE = timedelta(seconds=150)
"""With what is in flight of an ordered subscription: longer than any lease."""


def backfill(
    name: str,
    *,
    since: datetime,
    rate: int,
    by: str,
    why: str = "",
    suppressed: bool = False,
    patience: timedelta = PATIENCE,
) -> Generator[int, None, None]:
    """Owe a subscription the events of its type since an instant; yields how many, step by step.

    `rate` deliveries become due each second, which leaves live traffic its share. An event that
    is owed or done already is passed over, so a backfill that was ended can be started again. An
    ordered subscription is held meanwhile, so that no later event of a stream overtakes an
    earlier one. `suppressed`: nobody outside notices, of what it leads to neither; what a
    visible subscription is owed is discarded at once.

    Raises:
        Refused: see `missing`, at any step; a bad rate; what is in flight does not come home within
            `patience`; another backfill of it is at work.
    """
    missing(name, since)
    subscription = active(name)
    if rate < 1:
        raise Refused(f"The rate is {rate}; at least one delivery a second must become due.")
    subject = (
        f"{name} since {localtime(since):%Y-%m-%d %H:%M:%S}{' suppressed' if suppressed else ''}"
    )
    action = record(by, "backfill", subject, count=0, why=why)
    with held(subscription) if subscription.ordered else nullcontext(_nothing) as keep:
        if subscription.ordered:
            wait_until_home(subscription, keep, patience)
        total = last = 0
        while True:
            with transaction.atomic():
                lock_fan_out()
                # Asked at each step: meanwhile it may be retired, or its past be forgotten.
                rest = missing(name, since).filter(id__gt=last).order_by("id")
                keep()
                step = list(rest.values_list("id", flat=True)[: min(rate, MOST_AT_ONCE)])
                owed = _owe(subscription, step, timedelta(seconds=total // rate), suppressed)
                count_on(action, owed)
            if not step:
                return
            total, last = total + owed, step[-1]
            yield owed


def missing(name: str, since: datetime) -> QuerySet[Event]:
    """The events since then that a subscription does not owe, and never did.

    Raises:
        Refused: there is no such subscription, or the ledger cannot tell any more what was done.
    """
    subscription, forgotten = active(name), forgotten_until()
    # Retired and registered again, it is as new, and may have done all that was before.
    ended = OperatorAction.objects.filter(what="retire", subject=name)
    if since < forgotten and (subscription.registered_at < forgotten or ended.exists()):
        raise Refused(
            f"{name} may have done what happened before {localtime(forgotten):%Y-%m-%d %H:%M}, "
            f"and the ledger has forgotten it: begin later, at {_remembered(forgotten)} or after."
        )
    owed = Delivery.objects.filter(event=OuterRef("pk"), subscription=subscription)
    return Event.objects.filter(
        ~Exists(owed), type=subscription.event_type, at__gte=since, outbox__isnull=True
    )


def _remembered(forgotten: datetime) -> str:
    """An instant that can be asked for: a whole minute, and a minute ahead, for what is forgotten
    goes on while one types."""
    at = localtime(forgotten).replace(second=0) + timedelta(minutes=2)
    return at.isoformat(timespec="minutes")


def _owe(
    subscription: Subscription, events: Sequence[int], due_in: timedelta, suppressed: bool
) -> int:
    count = deliver_to(subscription.pk, events, suppressed=suppressed)
    Delivery.objects.filter(subscription=subscription, event_id__in=events).update(
        due_at=Now() + due_in, due_since=Now() + due_in
    )
    return count


def _nothing() -> None:
    """Keeps what need not be held."""
