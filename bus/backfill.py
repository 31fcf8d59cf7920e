"""Giving a subscription the past: deliveries for events from before it was registered."""

import time
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone

from bus import operations
from bus.models import IN_FLIGHT, Delivery, Event, Subscription
from bus.operations import Refused
from bus.relay.routing import lock_routing, owe
from bus.retention import KEPT

LONGEST_WAIT = 150
"""Seconds for what is in flight of an ordered subscription to come home."""


def backfill(
    name: str, *, since: datetime, rate: int, by: str, why: str = ""
) -> Generator[int, None, None]:
    """Owe a subscription the events of its type since an instant; yields how many, step by step.

    `rate` deliveries become due each second, which leaves live traffic its share. An event that
    is owed or done already is passed over. An ordered subscription is paused meanwhile, so that
    no later event of a stream overtakes an earlier one.

    Raises:
        Refused: no such subscription, a bad rate, its deliveries do not come home, or the ledger
            cannot tell any more what was done.
    """
    subscription = Subscription.objects.filter(name=name, retired_at__isnull=True).first()
    if subscription is None:
        raise Refused(f"There is no subscription {name}; see manage.py subscriptions.")
    if rate < 1:
        raise Refused(f"The rate is {rate}; at least one delivery a second must become due.")
    forgotten = timezone.now() - KEPT
    if since < forgotten and subscription.registered_at < forgotten:
        raise Refused(
            f"{name} may have done what happened before {forgotten:%Y-%m-%d}, and the ledger has "
            "forgotten it: begin later."
        )
    operations.record(by, "backfill", name, why=f"since {since.isoformat()}. {why}".strip())
    hold = subscription.ordered and subscription.paused_at is None
    if hold:
        operations.pause(name, by=by, why="backfill")
    try:
        if subscription.ordered:
            _wait_until_home(subscription)
        yield from _owe_since(subscription, since, rate)
    finally:
        if hold:
            operations.resume(name, by=by, why="backfill")


def _owe_since(subscription: Subscription, since: datetime, rate: int) -> Iterator[int]:
    owed = Delivery.objects.filter(event=OuterRef("pk"), subscription=subscription)
    missing = Event.objects.filter(
        ~Exists(owed), type=subscription.event_type, at__gte=since, outbox__isnull=True
    ).order_by("id")
    second = last = 0
    while True:
        with transaction.atomic():
            lock_routing()
            events = list(missing.filter(id__gt=last).values_list("id", flat=True)[:rate])
            if not events:
                return
            owe("e.id", events, f"AND s.id = {int(subscription.pk)}")
            Delivery.objects.filter(subscription=subscription, event_id__in=events).update(
                due_at=Now() + timedelta(seconds=second)
            )
        second, last = second + 1, events[-1]
        yield len(events)


def _wait_until_home(subscription: Subscription) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while Delivery.objects.filter(subscription=subscription, state__in=IN_FLIGHT).exists():
        if time.monotonic() > deadline:
            raise Refused(f"{subscription.name} still has deliveries in flight; try again later.")
        time.sleep(0.2)
