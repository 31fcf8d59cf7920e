"""Writing this process's subscriptions into the database, where the relay reads them."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from bus.models import Event, Queue, Subscription
from bus.registry import Reaction, reactions
from bus.relay.routing import lock_routing, owe

log = logging.getLogger(__name__)

SWEEP = timedelta(minutes=1)
"""A new subscription also gets the events of the last minute."""


def register(queue: str | None = None) -> list[str]:
    """Make the subscriptions of one queue, or all, known to the relay; returns the new ones.

    Safe to call at every start and from several workers at once. A retired subscription that is
    in the code again comes back, and owes nothing for the time between.
    """
    new = []
    with transaction.atomic():
        lock_routing()
        known = {row.name: row for row in Subscription.objects.select_related("queue")}
        for reaction in reactions(queue):
            row = known.get(reaction.name)
            if row is None or row.retired_at:
                new.append(_write(reaction))
            elif _changes(reaction, row):
                _write(reaction)
        _sweep(new)
    if new:
        log.info("new subscriptions: %s", ", ".join(row.name for row in new))
    return [row.name for row in new]


def _declared(reaction: Reaction) -> dict[str, object]:
    return {
        "event_type": reaction.fact.__name__,
        "batch": reaction.batch,
        "window": reaction.window,
        "ordered": reaction.ordered,
        "outside": reaction.outside,
        "repeatable": reaction.repeatable,
        "retry": str(reaction.retry),
    }


def _changes(reaction: Reaction, row: Subscription) -> bool:
    declared = _declared(reaction)
    return row.queue.name != reaction.queue.name or any(
        getattr(row, name) != value for name, value in declared.items()
    )


def _write(reaction: Reaction) -> Subscription:
    queue, _created = Queue.objects.get_or_create(name=reaction.queue.name)
    row, _created = Subscription.objects.update_or_create(
        name=reaction.name,
        defaults={**_declared(reaction), "queue": queue, "retired_at": None},
        create_defaults={**_declared(reaction), "queue": queue, "registered_at": Now()},
    )
    return row


def _sweep(new: Iterable[Subscription]) -> None:
    types = {row.event_type for row in new}
    recent = Event.objects.filter(type__in=types, at__gte=Now() - SWEEP).values_list(
        "id", flat=True
    )
    for row in new:
        owe("e.id", list(recent), f"AND s.id = {int(row.pk)}")
