"""How long the ledger keeps finished deliveries."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.timezone import localtime

from bus.models import Delivery, Event, FailedAttempt, RelayState, State
from bus.ops import Refused, count_on, record
from bus.store.outbox import lock_fan_out

KEPT = timedelta(days=365)
OLDEST = timedelta(days=36_500)
AT_ONCE = 1000


def prune(older_than: timedelta = KEPT, *, by: str, why: str = "") -> Iterator[int]:
    """Delete deliveries that were done or discarded longer ago; yields how many, step by step.

    Events and the unique keys of effects stay. A delivery is closed after its event was
    published, so only deliveries of old events are read, by their primary keys.

    Raises:
        Refused: the age is negative or above `OLDEST`.
    """
    if not timedelta(0) <= older_than <= OLDEST:
        raise Refused(
            f"The age is {older_than.days} days; it must be between 0 and {OLDEST.days} days."
        )
    before = timezone.now() - older_than
    subject = f"done before {localtime(before):%Y-%m-%d %H:%M}"
    action = record(by, "prune", subject, count=0, why=why)
    _forget(before)
    old = Delivery.objects.filter(state__in=[State.DONE, State.DISCARDED], closed_at__lt=before)
    events = Event.objects.filter(at__lt=before).order_by("-at").values_list("id", flat=True)
    last, at = events.first() or 0, 0
    while at < last:
        rest = Delivery.objects.filter(event_id__gt=at, event_id__lte=last).order_by("event_id")
        upto = rest.values_list("event_id", flat=True)[AT_ONCE - 1 : AT_ONCE]
        start, at = at, next(iter(upto), last)
        with transaction.atomic():
            pruned = old.filter(event_id__gt=start, event_id__lte=at)
            FailedAttempt.objects.filter(delivery__in=pruned).delete()
            count, _by_model = pruned.delete()
            count_on(action, count)
        yield count


def forgotten_until() -> datetime:
    """The ledger may have lost deliveries of events from before this instant."""
    pruned = RelayState.objects.values_list("forgotten_until", flat=True).first()
    usual = timezone.now() - KEPT
    return max(pruned, usual) if pruned else usual


def _forget(before: datetime) -> None:
    with transaction.atomic():
        # Waits for the running step of a backfill, which relies on what is deleted next.
        lock_fan_out()
        state, _new = RelayState.objects.select_for_update().get_or_create(pk=RelayState.THE_ROW)
        if state.forgotten_until is None or state.forgotten_until < before:
            state.forgotten_until = before
            state.save(update_fields=["forgotten_until"])
