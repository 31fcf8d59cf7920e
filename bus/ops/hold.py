"""Holding a subscription: nothing of it is claimed or begun while its past is written."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from bus.models import IN_FLIGHT, Delivery, Queue, Subscription
from bus.ops import Refused

HOLD = timedelta(seconds=30)
"""A holder that was killed holds no longer than this."""

Keep = Callable[[], None]


@contextmanager
def held(subscription: Subscription) -> Iterator[Keep]:
    """Keep relays and workers away; yields what must be called at every step to stay the holder.

    It is a lease by the database's clock: it ends with the block, or by itself when the process
    is gone.

    Raises:
        Refused: somebody else holds it; or, at a step, it was kept too late.
    """
    own = Subscription.objects.filter(pk=subscription.pk)
    with transaction.atomic():
        # Under the queue's row: a claim that is half-way ends first, and the next one sees this.
        Queue.objects.select_for_update().get(pk=subscription.queue_id)
        until = _hold(own, Q(held_until__isnull=True) | Q(held_until__lte=Now()))
    if until is None:
        raise Refused(
            f"A backfill of {subscription.name} is at work, or was killed less than "
            f"{HOLD.seconds} seconds ago; try again then."
        )
    # Who holds it is told by until when: the next holder begins after the end of this hold, so
    # its end is later than any that was written here, be it rolled back.
    last = until

    def keep() -> None:
        nonlocal last
        until = _hold(own, Q(held_until__gt=Now(), held_until__lte=last))
        if until is None:
            raise Refused(
                f"{subscription.name} was held no longer, for this process stood still for "
                f"{HOLD.seconds} seconds. What is owed stays owed; start again for the rest."
            )
        last = until

    try:
        yield keep
    finally:
        own.filter(held_until__lte=last).update(held_until=None)


def wait_until_home(subscription: Subscription, keep: Keep, patience: timedelta) -> None:
    """Wait until nothing of a held subscription is in flight.

    Raises:
        Refused: something still is when the patience is over.
    """
    deadline = time.monotonic() + patience.total_seconds()
    while Delivery.objects.filter(subscription=subscription, state__in=IN_FLIGHT).exists():
        if time.monotonic() > deadline:
            raise Refused(f"{subscription.name} still has deliveries in flight; try again later.")
        keep()
        time.sleep(0.2)


def _hold(own: QuerySet[Subscription], still: Q) -> datetime | None:
    """Hold it from now on if that is still so; returns until when."""
    with transaction.atomic():
        if not own.filter(still).update(held_until=Now() + HOLD):
            return None
        # Changed, and so locked: it is no other holder's that is read back.
        return own.values_list("held_until", flat=True).get()
