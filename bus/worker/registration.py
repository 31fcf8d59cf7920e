"""Register this process's subscriptions in the database, where the relay reads them."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from bus.handlers import Handler, declared
from bus.models import IS_OPEN, Delivery, Queue, Subscription
from bus.store.outbox import lock_fan_out, sweep

log = logging.getLogger(__name__)

SWEEP = timedelta(minutes=1)
"""A new subscription also gets the events of the last minute."""


def register(queue: str | None = None) -> list[str]:
    """Register the subscriptions of one queue, or all; returns the names of the new ones.

    Safe to call at every start and from several workers at once. A retired subscription that is
    in the code again is registered anew, and gets no events of the time between.
    """
    new: list[Subscription] = []
    again: list[str] = []
    with transaction.atomic():
        lock_fan_out()
        known = {row.name: row for row in Subscription.objects.select_related("queue")}
        for handler in declared(queue):
            row = known.get(handler.name)
            if row is None or row.retired_at or row.event_type != handler.event_type.__name__:
                new.append(_write(handler, registered_at=Now()))
                if row and row.retired_at:
                    again.append(row.name)
            elif _changes(handler, row):
                written = _write(handler)
                # Only then: it rewrites the whole backlog while nothing is fanned out.
                if (written.queue, written.ordered) != (row.queue, row.ordered):
                    move(written)
        _sweep(new)
    for name in again:
        log.info("%s was retired and is registered again, since it is in the code", name)
    if count := len(new) - len(again):
        log.info("%d new subscriptions; manage.py subscriptions shows them", count)
    return [row.name for row in new]


def _declared(handler: Handler) -> dict[str, object]:
    return {
        "event_type": handler.event_type.__name__,
        "batch": handler.batch,
        "window": handler.window,
        "ordered": handler.ordered,
        "after": int(handler.after.total_seconds()),
        "unless": handler.unless,
        "external": handler.external,
        "repeatable": handler.repeatable,
        "suppressible": handler.suppressible,
        "retry": str(handler.retry),
    }


def _limits(handler: Handler) -> dict[str, object]:
    return {"rate": handler.queue.per_second, "at_once": handler.queue.at_once}


def _changes(handler: Handler, row: Subscription) -> bool:
    return (
        row.queue.name != handler.queue.name
        or any(getattr(row, name) != value for name, value in _declared(handler).items())
        or any(getattr(row.queue, name) != value for name, value in _limits(handler).items())
    )


def _write(handler: Handler, **more: object) -> Subscription:
    queue, _created = Queue.objects.update_or_create(
        name=handler.queue.name, defaults=_limits(handler)
    )
    row, _created = Subscription.objects.update_or_create(
        name=handler.name,
        defaults={**_declared(handler), "queue": queue, "retired_at": None, **more},
    )
    return row


def move(row: Subscription) -> None:
    """Move the open deliveries of a subscription into the lanes of its present queue. Those in
    flight from the previous queue hold these lanes, too."""
    Delivery.objects.filter(IS_OPEN, subscription=row).update(queue=row.queue, ordered=row.ordered)


def _sweep(new: Iterable[Subscription]) -> None:
    for row in new:
        sweep(row.pk, row.event_type, SWEEP)
