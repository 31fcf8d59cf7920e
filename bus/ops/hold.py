"""Hold: while a subscription is backfilled, none of its deliveries is claimed or started."""

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
"""The longest time for which a killed holder still holds."""

Keep = Callable[[], None]


@contextmanager
def held(subscription: Subscription) -> Iterator[Keep]:
    """Hold the subscription; yields a function that must be called at every step to renew it.

    The hold is a lease by the database's clock. It ends with the block, or expires.

    Raises:
        Refused: another process holds it; or, at a step, it was renewed too late.
    """
    own = Subscription.objects.filter(pk=subscription.pk)
    with transaction.atomic():
        # Locked like a claim: a running claim ends first, and the next one reads the hold.
        Queue.objects.select_for_update().get(pk=subscription.queue_id)
        until = _hold(own, Q(held_until__isnull=True) | Q(held_until__lte=Now()))
    if until is None:
        raise Refused(
            f"A backfill of {subscription.name} is running, or was killed less than "
            f"{HOLD.seconds} seconds ago; wait that long and try again."
        )
    # `held_until` identifies the holder: the next one begins after this hold's end, so its value
    # is later than any written here, even one that was rolled back.
    last = until

    def keep() -> None:
        nonlocal last
        until = _hold(own, Q(held_until__gt=Now(), held_until__lte=last))
        if until is None:
            raise Refused(
                f"The hold of {subscription.name} has expired: this process stood still for "
                f"{HOLD.seconds} seconds. What was inserted stays; start again for the rest."
            )
        last = until

    try:
        yield keep
    finally:
        own.filter(held_until__lte=last).update(held_until=None)


def wait_until_idle(subscription: Subscription, keep: Keep, within: timedelta) -> None:
    """Wait until nothing of a held subscription is in flight.

    Raises:
        Refused: something still is after `within`.
    """
    deadline = time.monotonic() + within.total_seconds()
    while Delivery.objects.filter(subscription=subscription, state__in=IN_FLIGHT).exists():
        if time.monotonic() > deadline:
            raise Refused(f"{subscription.name} still has deliveries in flight; try again later.")
        keep()
        time.sleep(0.2)


def _hold(own: QuerySet[Subscription], still: Q) -> datetime | None:
    """Hold it if the condition is true; returns until when, else None."""
    with transaction.atomic():
        if not own.filter(still).update(held_until=Now() + HOLD):
            return None
        # The update has locked the row, so this reads back our own value.
        return own.values_list("held_until", flat=True).get()
