"""Backfill: deliveries of a subscription for events from before its registration."""

from collections.abc import Generator
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localtime

from bus.models import Delivery, Event, OperatorAction
from bus.ops import Refused, active, count_on, record
from bus.ops.hold import held, wait_until_idle
from bus.ops.retention import forgotten_until
from bus.store.outbox import MOST_AT_ONCE, deliver_to, lock_fan_out

IDLE_WITHIN = timedelta(seconds=150)
"""The time for an ordered subscription's deliveries in flight to end: longer than any lease."""


def backfill(
    name: str,
    *,
    since: datetime,
    rate: int,
    by: str,
    why: str = "",
    suppressed: bool = False,
    idle_within: timedelta = IDLE_WITHIN,
) -> Generator[int, None, None]:
    """Insert deliveries for the events of its type since an instant; yields how many, by step.

    `rate` deliveries become due each second, and live ones are claimed before them. Events that
    have a delivery are skipped, so a backfill that was interrupted can be started again. An
    ordered subscription is held meanwhile, so that no later event of a stream overtakes an
    earlier one. `suppressed`: effects outside the project are suppressed, also those of the events
    that follow; a delivery of a suppressible subscription is discarded when it is inserted.

    Raises:
        Refused: see `missing`, at any step; the rate is below 1; deliveries in flight do not end
            within `idle_within`; another backfill of the subscription is running.
    """
    missing(name, since)
    subscription = active(name)
    if rate < 1:
        raise Refused(f"The rate is {rate}; it must be at least 1 delivery per second.")
    subject = (
        f"{name} since {localtime(since):%Y-%m-%d %H:%M:%S}{' suppressed' if suppressed else ''}"
    )
    action = record(by, "backfill", subject, count=0, why=why)
    with held(subscription) if subscription.ordered else nullcontext(_nothing) as keep:
        if subscription.ordered:
            wait_until_idle(subscription, keep, idle_within)
        total = last = 0
        while True:
            with transaction.atomic():
                lock_fan_out()
                # Read at each step: meanwhile it may be retired, or the ledger pruned.
                rest = missing(name, since).filter(id__gt=last).order_by("id")
                keep()
                step = list(rest.values_list("id", flat=True)[: min(rate, MOST_AT_ONCE)])
                due_in = timedelta(seconds=total // rate)
                inserted = deliver_to(
                    subscription.pk, step, suppressed=suppressed, bulk=True, due_in=due_in
                )
                count_on(action, inserted)
            if not step:
                return
            total, last = total + inserted, step[-1]
            yield inserted


def missing(name: str, since: datetime) -> QuerySet[Event]:
    """The events since then without a delivery for the subscription.

    Raises:
        Refused: there is no such subscription, or deliveries of that time may have been pruned.
    """
    subscription, forgotten = active(name), forgotten_until()
    # A subscription that was retired and registered again may have handled earlier events.
    ended = OperatorAction.objects.filter(what="retire", subject=name)
    if since < forgotten and (subscription.registered_at < forgotten or ended.exists()):
        raise Refused(
            f"{name} may have handled events before {localtime(forgotten):%Y-%m-%d %H:%M}, and "
            f"their deliveries were pruned. Set --since to {_remembered(forgotten)} or later."
        )
    deliveries = Delivery.objects.filter(event=OuterRef("pk"), subscription=subscription)
    return Event.objects.filter(
        ~Exists(deliveries), type=subscription.event_type, at__gte=since, outbox__isnull=True
    )


def _remembered(forgotten: datetime) -> str:
    """The earliest usable instant: a whole minute, and one ahead, since the limit moves on."""
    at = localtime(forgotten).replace(second=0) + timedelta(minutes=2)
    return at.isoformat(timespec="minutes")


def _nothing() -> None:
    """Stands in for `Keep` where nothing is held."""
