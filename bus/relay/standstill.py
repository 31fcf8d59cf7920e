"""Queues that stand still: deliveries are due and nothing of the queue runs."""

from collections import defaultdict
from datetime import datetime

from django.db.models.functions import Now

from bus.models import Delivery, State
from bus.store import alerts, inspection


def watch() -> None:
    """Alert of queues that have stood still for `STANDING_FOR`, once per standstill."""
    alerts.queues_stuck(stuck_queues())


def stuck_queues() -> dict[str, tuple[datetime, list[str]]]:
    """Since when, and which subscriptions, by the name of the queue.

    One that is far behind is not among them: something of it runs.
    """
    rows: dict[str, list[Delivery]] = defaultdict(list)
    for row in inspection.standing():
        if not _runs(row.queue_id):
            rows[row.queue.name].append(row)
    return {
        name: (
            min(row.retry_at or row.due_since for row in standing),
            [row.subscription.name for row in standing],
        )
        for name, standing in rows.items()
    }


def _runs(queue_id: int) -> bool:
    at_work = Delivery.objects.filter(
        subscription__queue_id=queue_id,
        state__in=(State.RUNNING, State.SENDING),
        lease_until__gt=Now(),
    )
    return at_work.exists()
