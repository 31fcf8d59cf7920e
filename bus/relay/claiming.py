"""Claiming: which deliveries go into the broker next."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from bus.clock import sql_ago, sql_now
from bus.models import Delivery, Queue, State
from bus.relay.expiry import expire
from bus.relay.work import CLAIMABLE, Work

SENT_LEASE = timedelta(seconds=120)
"""How long a sent delivery has to start, before it counts as lost on the way."""

PATIENCE = 0.2
"""Seconds that a delivery may wait for others to fill its batch while some are in flight."""

Ticket = tuple[int, int]


@dataclass(frozen=True)
class Batch:
    """One message to send: a task's name, its queue, and the deliveries with their tokens."""

    task: str
    queue: str
    tickets: list[Ticket]


@dataclass(frozen=True)
class Candidate:
    id: int
    token: int
    alone: bool
    patient: bool
    """It has not waited long enough for a batch that is not full."""


def claim(queue_id: int, work: list[Work], *, patient: bool = True) -> list[Batch]:
    """Claim what is due in one queue and take back what is late; one commit.

    Under the queue's row, so that several relays share the queues. Claims by state, never by a
    cursor over ids: rows commit out of order. `patient` claims let a batch wait to be filled, and
    leave the queue to a relay that is at it.
    """
    with transaction.atomic():
        if not Queue.objects.select_for_update(skip_locked=patient).filter(pk=queue_id).first():
            return []
        expire([one for one in work if one.late])
        return [batch for one in work if one.due for batch in _claim(one, patient)]


def _claim(work: Work, patient: bool) -> list[Batch]:
    in_flight = _in_flight(work)
    room = _whole_batches(work, work.window - in_flight)
    if not room:
        return []
    candidates = _candidates(work, room)
    batches = _batches(work, candidates, wait_for_more=patient and in_flight > 0)
    ids = [candidate.id for batch in batches for candidate in batch]
    if not ids:
        return []
    Delivery.objects.filter(id__in=ids).update(
        state=State.SENT, token=F("token") + 1, lease_until=Now() + SENT_LEASE
    )
    return [
        Batch(work.task, work.queue, [(one.id, one.token + 1) for one in batch])
        for batch in batches
    ]


def _whole_batches(work: Work, room: int) -> int:
    """Of the room for deliveries, as much as whole batches fill.

    A backlog would otherwise go out in crumbs, as many as have just been done, and each crumb
    costs as much as a full message. None, where a smaller window is in force than when the
    deliveries in flight were claimed.
    """
    batch = min(work.batch, work.window)
    return max(0, room) // batch * batch


def _batches(
    work: Work, candidates: list[Candidate], *, wait_for_more: bool
) -> list[list[Candidate]]:
    together = [one for one in candidates if not one.alone]
    batches = [together[at : at + work.batch] for at in range(0, len(together), work.batch)]
    if batches and len(batches[-1]) < work.batch and wait_for_more and batches[-1][0].patient:
        batches.pop()
    return batches + [[one] for one in candidates if one.alone]


def _in_flight(work: Work) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM bus_delivery WHERE subscription_id = %s "
            "AND state IN ('sent', 'running', 'sending')",
            [work.subscription_id],
        )
        return int(cursor.fetchone()[0])


LANE_IS_FREE = """
    AND NOT EXISTS (
        SELECT 1 FROM bus_delivery e
        WHERE e.stream = d.stream AND e.queue_id = d.queue_id AND e.ordered AND e.id <> d.id
        AND e.state IN ('waiting', 'sent', 'running', 'sending', 'dead')
        AND (
            e.event_id < d.event_id OR (e.event_id = d.event_id AND e.id < d.id)
            OR e.state IN ('sent', 'running', 'sending')
        )
    )"""


def _candidates(work: Work, room: int) -> list[Candidate]:
    # States stand as literals, because SQLite uses a partial index only where it sees them.
    lane = LANE_IS_FREE if work.ordered else ""
    lock = "FOR UPDATE OF d SKIP LOCKED" if connection.vendor == "postgresql" else ""
    # Asked again under the queue's lock: it may have been paused or held since the look.
    claimable = f"EXISTS (SELECT 1 FROM bus_subscription s WHERE s.id = %s AND {CLAIMABLE})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT d.id, d.token, d.alone, d.due_at > {sql_ago(PATIENCE)} "
            "FROM bus_delivery d WHERE d.subscription_id = %s AND d.state = 'waiting' "
            f"AND d.due_at <= {sql_now()} AND {claimable.format(sql_now())} {lane} "
            f"ORDER BY d.due_at, d.id LIMIT %s {lock}",
            [work.subscription_id, work.subscription_id, room],
        )
        return [Candidate(*row) for row in cursor.fetchall()]
