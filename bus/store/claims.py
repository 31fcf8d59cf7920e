"""Claiming: which deliveries go into the broker next."""

from dataclasses import dataclass

from django.db import connection, transaction

from bus.store.among import among
from bus.store.clock import sql_ago, sql_in, sql_now
from bus.store.in_flight import InFlight
from bus.store.planner import plan_by_index
from bus.store.poll import CLAIMABLE, Work
from bus.store.rescue import SENT_LEASE, expire

PATIENCE = 0.2
"""Seconds that a delivery may wait for others to fill its batch while some are in flight."""

Ticket = tuple[int, int]


@dataclass(frozen=True)
class Batch:
    """One message to send: a task's name, its queue, and the deliveries with their tokens."""

    task: str
    queue: str
    tickets: list[Ticket]
    fills_window: bool = False
    """More may be waiting than there is room for."""


@dataclass(frozen=True)
class Candidate:
    id: int
    token: int
    alone: bool
    patient: bool
    """It has not waited long enough for a batch that is not full."""


def claim(
    work: list[Work],
    *,
    patient: bool = True,
    queued: frozenset[Ticket] = frozenset(),
    in_flight: InFlight | None = None,
) -> list[Batch]:
    """Claim what is due and take back what is late; one commit for all queues.

    Under the queues' rows, so that several relays share them. Claims by state, never by a cursor
    over ids: rows commit out of order. `patient` claims let a batch wait to be filled, and leave
    a queue to a relay that is at it. `queued`: what still lies in the broker's queues, and so is
    not sent a second time. `in_flight`: what a relay remembers of its messages.
    """
    in_flight = in_flight or InFlight()
    if not work:
        return []
    with transaction.atomic():
        plan_by_index()
        queues = _lock_queues({one.queue_id for one in work}, patient)
        work = [one for one in work if one.queue_id in queues]
        expire([one for one in work if one.late], queued)
        due = [one for one in work if one.due]
        counts = in_flight.count(due)
        batches = [batch for one in due for batch in _claim(one, counts.get(one.task, 0), patient)]
    for batch in batches:
        in_flight.sent(batch.task, (pk for pk, _token in batch.tickets))
    return batches


def _lock_queues(ids: set[int], patient: bool) -> set[int]:
    """Those of these queues that are this relay's until the transaction ends."""
    if connection.vendor != "postgresql":
        return ids  # SQLite's IMMEDIATE transaction has locked everything
    condition, values = among(ids)
    skip = "SKIP LOCKED" if patient else ""
    # NO KEY: who inserts deliveries refers to their queues, and must not wait for a claim.
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM bus_queue WHERE id {condition} ORDER BY id FOR NO KEY UPDATE {skip}",
            [values],
        )
        return {row[0] for row in cursor.fetchall()}


def _claim(work: Work, in_flight: int, patient: bool) -> list[Batch]:
    room = _whole_batches(work, work.window - in_flight)
    candidates = _candidates(work, room) if room else []
    batches = [
        Batch(
            work.task,
            work.queue,
            [(one.id, one.token + 1) for one in batch],
            fills_window=len(candidates) == room,
        )
        for batch in _batches(work, candidates, wait_for_more=patient and in_flight > 0)
    ]
    # At once: what comes into the ledger from now on must find its lane taken.
    _mark_sent([pk for batch in batches for pk, _token in batch.tickets])
    return batches


def _mark_sent(ids: list[int]) -> None:
    if not ids:
        return
    condition, values = among(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE bus_delivery SET state = 'sent', token = token + 1, "
            f"lease_until = {sql_in(SENT_LEASE.total_seconds())} WHERE id {condition}",
            [values],
        )


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


# OFFSET keeps the question for each candidate by itself, and so by the stream: PostgreSQL would
# make a join of it, and read all that is open for each candidate where it takes that for little.
LANE_IS_FREE = """
    AND NOT EXISTS (
        SELECT 1 FROM bus_delivery e
        WHERE e.stream = d.stream AND e.queue_id = d.queue_id AND e.ordered AND e.id <> d.id
        AND e.state IN ('waiting', 'sent', 'running', 'sending', 'dead')
        AND (
            e.event_id < d.event_id OR (e.event_id = d.event_id AND e.id < d.id)
            OR e.state IN ('sent', 'running', 'sending')
        )
        LIMIT 1 OFFSET 0
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
            f"AND d.due_at BETWEEN %s AND {sql_now()} AND {claimable.format(sql_now())} {lane} "
            f"ORDER BY d.due_at, d.id LIMIT %s {lock}",
            [work.subscription_id, work.due_from, work.subscription_id, room],
        )
        return [Candidate(*row) for row in cursor.fetchall()]
