"""Claim: choose the deliveries that are sent next."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from bus.models import Delivery
from bus.store import redelivery
from bus.store.allowance import Allowances
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
        AND d.bulk = %s AND d.due_at BETWEEN %s AND {db.now}
        AND EXISTS (SELECT 1 FROM bus_subscription s WHERE s.id = %s AND {CLAIMABLE}) {lane}
        ORDER BY d.due_at, d.id LIMIT %s {db.lock_free}"""


CANDIDATES = _candidates_statement()
CANDIDATES_OF_LANES = _candidates_statement(f"AND {LANE_IS_FREE}")

MARK_SENT = f"""UPDATE bus_delivery
    SET state = 'sent', token = token + 1, lease_until = {db.later} WHERE id {db.among_ids}"""

# By the stream, and no index of types or ids: those would read a history.
POINTLESS = f"""SELECT d.id FROM bus_delivery d WHERE d.id {db.among_ids} AND EXISTS (
        SELECT 1 FROM bus_event e
        WHERE e.stream = d.stream AND (e.type || '') = %s AND e.id + 0 > d.event_id)"""

MOST_WINDOWS = 50
"""Windows of pointless deliveries that one claim discards."""

STARTED_WITHIN = timedelta(seconds=30)
"""The lease of what is given to an idle process, with no queue in between."""

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
    messages: int | None = None,
) -> list[Batch]:
    """Claim due deliveries and rescue late ones; one commit for all queues.

    The queues' rows are locked, so that relays can share them. Claims by state, never by a cursor
    over ids: rows commit out of order. A limited queue gets no more than its allowance; who has
    waited for longest comes first, and live deliveries before bulk.

    `full_batches` lets a batch wait to be filled, and skips a queue that another relay has locked.
    `queued` deliveries are still in the broker's queues and are not sent again. `in_flight` is the
    relay's count of its messages. With `messages` it claims so many at most, and of each queue one,
    for the first subscriptions of `work` that have any; they are for idle processes, and due again
    if they are not started soon.
    """
    in_flight = in_flight or InFlight()
    if not work:
        return []
    with transaction.atomic():
        plan_by_index()
        queues = db.lock_queues({one.queue_id for one in work}, skip=full_batches)
        work = [one for one in work if one.queue_id in queues]
        rescue_late([one for one in work if one.late], queued)
        due = in_flight.in_turn([one for one in work if one.due])
        allowances = Allowances({one.queue_id for one in due if one.limited})
        this = _Claim(in_flight, in_flight.count(due), allowances, full_batches)
        if messages is None:
            batches = [batch for one in due for batch in this.of(one)]
        else:
            batches = this.some(due, messages)
        allowances.save()
    for batch in batches:
        in_flight.sent(batch.task, (pk for pk, _token in batch.tickets))
    return batches


@dataclass(frozen=True)
class _Claim:
    """One claim, while the queues' rows are locked."""

    in_flight: InFlight
    counts: dict[str, int]
    allowances: Allowances
    full_batches: bool

    def some(self, due: list[Work], messages: int) -> list[Batch]:
        """One message of each queue, so many at most."""
        found: dict[int, Batch] = {}
        for one in due:
            if len(found) == messages:
                break
            if one.queue_id not in found:
                found.update((one.queue_id, batch) for batch in self.of(one, most=1))
        return list(found.values())

    def of(self, work: Work, most: int | None = None) -> list[Batch]:
        """What window and limits leave for a subscription: live before bulk, which gets its turn
        now and then."""
        room = _whole_batches(work, work.window - self.counts.get(work.task, 0))
        if most is not None:
            room = min(room, most * work.batch)
        if not (work.live and work.bulk):
            return self._of_kind(work, work.bulk, room, most)
        bulk_first = self.in_flight.bulk_first(work.task)
        size = min(room, work.batch) if bulk_first else room
        first = self._of_kind(work, bulk_first, size, most)
        left = max(0, room - len(first) * work.batch)
        second = self._of_kind(work, not bulk_first, left, most)
        if first or second:
            self.in_flight.pass_over(work.task, bulk=bool(first if bulk_first else second))
        return first + second

    def _of_kind(self, work: Work, bulk: bool, room: int, most: int | None) -> list[Batch]:
        room = self.allowances.within(work.queue_id, room)
        found, candidates = _next(work, room, bulk) if room else ([], [])
        wait_for_more = self.full_batches and self.counts.get(work.task, 0) > 0
        batches = [
            Batch(
                work.task,
                work.queue,
                [(one.id, one.token + 1) for one in batch],
                fills_window=len(found) == room,
            )
            for batch in _batches(work, candidates, wait_for_more=wait_for_more)[:most]
        ]
        # At once: deliveries that are inserted or read from now on must find their lane taken.
        lease = SENT_LEASE if most is None else STARTED_WITHIN
        ids = [pk for batch in batches for pk, _token in batch.tickets]
        _mark_sent(ids, lease)
        self.allowances.take(work.queue_id, len(ids))
        return batches


def _next(work: Work, room: int, bulk: bool) -> tuple[list[Candidate], list[Candidate]]:
    """What is due next, and of it what is not pointless.

    Goes on where a whole window was pointless, or who claims would take the rest for none. Not
    without end, since the queue is locked meanwhile.
    """
    for _window in range(MOST_WINDOWS):
        found = due_candidates(work, room, bulk)
        needed = _needed(work, found)
        if needed or not found:
            break
    return found, needed


def _needed(work: Work, candidates: list[Candidate]) -> list[Candidate]:
    """Discards those that a later event has made pointless; returns the others."""
    if not work.unless or not candidates:
        return candidates
    found = pointless(work, [one.id for one in candidates])
    why = f"{work.unless} was published after its event."
    redelivery.discard(Delivery.objects.filter(pk__in=found), why)
    return [one for one in candidates if one.id not in found]


def pointless(work: Work, ids: list[int]) -> set[int]:
    """Those of these deliveries after whose event one of the type `unless` was published."""
    with connection.cursor() as cursor:
        cursor.execute(POINTLESS, [db.array(ids), work.unless])
        return {pk for (pk,) in cursor.fetchall()}


def _mark_sent(ids: list[int], lease: timedelta) -> None:
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(MARK_SENT, [lease.total_seconds(), db.array(ids)])


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


def due_candidates(work: Work, room: int, bulk: bool) -> list[Candidate]:
    """The due deliveries of a subscription that may be claimed, at most `room`, locked; live ones
    or bulk."""
    due_from = work.bulk_from if bulk else work.live_from
    pk = work.subscription_id
    values = [BATCH_WAIT, pk, bulk, due_from, pk, room]
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES_OF_LANES if work.ordered else CANDIDATES, values)
        return [Candidate(*row) for row in cursor.fetchall()]
