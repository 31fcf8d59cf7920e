"""Publish alerts: whether one is due is decided by a row of its cause, whoever asks.

Processes that ask at the same time wait for each other at that row, and one of them publishes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models.functions import Now

from bus.alerts import ALERTS, DeliveryDied, QueueStuck
from bus.context import Origin
from bus.events import DomainEvent
from bus.models import Alert, Delivery, Subscription
from bus.store import outbox
from bus.store.database import db
from bus.store.failures import Failure

AGAIN_AFTER = timedelta(hours=1)

QUEUE = "queue "
"""Causes of standstills begin with it."""

TAKE_TURN = f"""INSERT INTO bus_alert (cause, at, lasts) VALUES (%s, {db.now}, %s)
    ON CONFLICT (cause) DO UPDATE SET at = {db.now}, lasts = excluded.lasts
    WHERE bus_alert.at < {db.earlier} AND NOT bus_alert.lasts
    RETURNING cause"""


def deliveries_died(deaths: Iterable[Failure]) -> None:
    """Publish `DeliveryDied` for each group that was not alerted of within the hour.

    In the transaction of the deaths. In order of the keys, in which every process locks the rows.
    """
    by_key = {one.key: one for one in deaths}
    if not by_key or not _is_subscribed(DeliveryDied):
        return
    rows = Delivery.objects.select_related("event", "subscription", "queue")
    found = rows.in_bulk([one.delivery for one in by_key.values()])
    for key, one in sorted(by_key.items()):
        row = found[one.delivery]
        if row.event.type in {alert.__name__ for alert in ALERTS}:
            continue
        if not _is_due(f"failures {key}"):
            continue
        died = DeliveryDied(
            delivery=row.pk,
            subscription=row.subscription.name,
            queue=row.queue.name,
            about=row.stream,
            attempts=row.attempts,
            kind=one.kind,
            frame=one.frame,
            failure=key,
        )
        origin = Origin(row.event.correlation, row.event.uuid, row.event.traceparent)
        outbox.insert(*outbox.new_row(died, origin))


@transaction.atomic
def queues_stuck(stuck: dict[str, tuple[datetime, list[str]]]) -> None:
    """Publish `QueueStuck` for each of these queues that was not stuck before.

    `stuck`: since when, and which subscriptions, by the queue's name. Standstills of other queues
    have ended.
    """
    ended = Alert.objects.filter(cause__startswith=QUEUE, lasts=True)
    ended.exclude(cause__in=[f"{QUEUE}{name}" for name in stuck]).update(lasts=False)
    if not stuck or not _is_subscribed(QueueStuck):
        return
    for name, (since, subscriptions) in sorted(stuck.items()):
        if _is_due(f"{QUEUE}{name}", lasts=True):
            event = QueueStuck(queue=name, since=since, subscriptions=tuple(subscriptions))
            outbox.insert(*outbox.new_row(event, Origin()))


def _is_subscribed(alert: type[DomainEvent]) -> bool:
    rows = Subscription.objects.filter(event_type=alert.__name__, retired_at=None)
    return rows.exists()


def _is_due(cause: str, *, lasts: bool = False) -> bool:
    """Whether this transaction publishes the alert of this cause."""
    # Without a lock first: many deliveries may die of one cause.
    if Alert.objects.filter(cause=cause, at__gt=Now() - AGAIN_AFTER).exists():
        return False
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TURN, [cause, lasts, AGAIN_AFTER.total_seconds()])
        return cursor.fetchone() is not None
