"""Claim: choose the deliveries that are sent next."""

from dataclasses import dataclass

from django.db import connection, transaction

from bus.store.conditions import CLAIMABLE, LANE_IS_FREE
from bus.store.database import db
from bus.store.in_flight import InFlight
from bus.store.planner import plan_by_index
from bus.store.poll import Work
from bus.store.rescue import SENT_LEASE, rescue_late

BATCH_WAIT = 0.2
"""Seconds that a delivery may wait for others to fill its batch while some are in flight."""


def _candidates_statement(lane: str = "") -> str:
    # States are literals, because SQLite uses a partial index only with literals. The
    # subscription is read again under the queue's lock: it may have been paused since the poll.
    return f"""SELECT d.id, d.token, d.alone, d.due_at > {db.earlier} FROM bus_delivery d
        WHERE d.subscription_id = %s AND d.state = 'waiting'
        AND d.due_at BETWEEN %s AND {db.now}
        AND EXISTS (SELECT 1 FROM bus_subscription s WHERE s.id = %s AND {CLAIMABLE}) {lane}
        ORDER BY d.due_at, d.id LIMIT %s {db.lock_free}"""


CANDIDATES = _candidates_statement()
CANDIDATES_OF_LANES = _candidates_statement(f"AND {LANE_IS_FREE}")

MARK_SENT = f"""UPDATE bus_delivery
    SET state = 'sent', token = token + 1, lease_until = {db.later} WHERE id {db.among_ids}"""

Ticket = tuple[int, int]


@dataclass(frozen=True)
class Batch:
    """One message to send: a task's name, its queue, and the deliveries with their tokens."""

    task: str
    queue: str
    tickets: list[Ticket]
    fills_window: bool = False
    """The window is full, so more may be waiting."""


@dataclass(frozen=True)
class Candidate:
    id: int
    token: int
    alone: bool
    may_wait: bool
    """It has waited for less than `BATCH_WAIT`."""


def claim(
    work: list[Work],
    *,
    full_batches: bool = True,
    queued: frozenset[Ticket] = frozenset(),
    in_flight: InFlight | None = None,
) -> list[Batch]:
    """Claim due deliveries and rescue late ones; one commit for all queues.

    The queues' rows are locked, so that relays can share them. Claims by state, never by a cursor
    over ids: rows commit out of order. `full_batches` lets a batch wait to be filled, and skips a
    queue that another relay has locked. `queued` deliveries are still in the broker's queues and
    are not sent again. `in_flight` is the relay's count of its messages.
    """
    in_flight = in_flight or InFlight()
    if not work:
        return []
    with transaction.atomic():
        plan_by_index()
        queues = db.lock_queues({one.queue_id for one in work}, skip=full_batches)
        work = [one for one in work if one.queue_id in queues]
        rescue_late([one for one in work if one.late], queued)
        due = [one for one in work if one.due]
        counts = in_flight.count(due)
        batches = [
            batch for one in due for batch in _claim_for(one, counts.get(one.task, 0), full_batches)
        ]
    for batch in batches:
        in_flight.sent(batch.task, (pk for pk, _token in batch.tickets))
    return batches


def _claim_for(work: Work, in_flight: int, full_batches: bool) -> list[Batch]:
    room = _whole_batches(work, work.window - in_flight)
    candidates = due_candidates(work, room) if room else []
    batches = [
        Batch(
            work.task,
            work.queue,
            [(one.id, one.token + 1) for one in batch],
            fills_window=len(candidates) == room,
        )
        for batch in _batches(work, candidates, wait_for_more=full_batches and in_flight > 0)
    ]
    # At once: deliveries that are inserted from now on must find their lane taken.
    _mark_sent([pk for batch in batches for pk, _token in batch.tickets])
    return batches


def _mark_sent(ids: list[int]) -> None:
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(MARK_SENT, [SENT_LEASE.total_seconds(), db.array(ids)])


def _whole_batches(work: Work, room: int) -> int:
    """The free part of the window, in whole batches.

    Without this a draining backlog is sent in messages of one or two, each as dear as a full one.
    Zero if the window is smaller now than when the deliveries in flight were claimed.
    """
    batch = min(work.batch, work.window)
    return max(0, room) // batch * batch


def _batches(
    work: Work, candidates: list[Candidate], *, wait_for_more: bool
) -> list[list[Candidate]]:
    together = [one for one in candidates if not one.alone]
    batches = [together[at : at + work.batch] for at in range(0, len(together), work.batch)]
    if batches and len(batches[-1]) < work.batch and wait_for_more and batches[-1][0].may_wait:
        batches.pop()
    return batches + [[one] for one in candidates if one.alone]


def due_candidates(work: Work, room: int) -> list[Candidate]:
    """The due deliveries of a subscription that may be claimed, at most `room`, locked."""
    values = [BATCH_WAIT, work.subscription_id, work.due_from, work.subscription_id, room]
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES_OF_LANES if work.ordered else CANDIDATES, values)
        return [Candidate(*row) for row in cursor.fetchall()]
