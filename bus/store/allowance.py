"""Allowance: how many deliveries of a limited queue may be claimed now.

A `rate` fills a bucket with permits, one second's worth or one at most; each delivery that is
claimed takes one. The queue's row keeps one instant for it: the bucket has been filling since it
was empty then. The row is locked by whoever claims, so all relays share the bucket.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import connection

from bus.models import Queue
from bus.store.conditions import IN_FLIGHT
from bus.store.database import db

# Counted anew at each claim, under the queue's lock: unlike a window, it is a promise.
READ = f"""SELECT q.id, q.rate,
       CASE WHEN q.at_once IS NOT NULL THEN q.at_once - (
           SELECT COUNT(*) FROM bus_subscription s JOIN bus_delivery d ON d.subscription_id = s.id
           WHERE s.queue_id = q.id AND {IN_FLIGHT}) END,
       {db.seconds_between("q.empty_at", db.now)}
    FROM bus_queue q WHERE q.id {db.among_ids}"""

# A full bucket does not go on filling.
_EMPTY_AT = f"CASE WHEN empty_at > {db.earlier} THEN empty_at ELSE {db.earlier} END"
TAKE = f"UPDATE bus_queue SET empty_at = {db.shifted(_EMPTY_AT)} WHERE id = %s"


def capacity(rate: float) -> float:
    """The permits of a full bucket."""
    return max(1.0, rate)


def permits(rate: float, filling_for: float | None) -> float:
    """The permits of a bucket that was empty so many seconds ago; None: it is full."""
    full = capacity(rate)
    return full if filling_for is None else max(0.0, min(full, filling_for * rate))


@dataclass
class _Left:
    count: int
    rate: float | None
    taken: int = 0


class Allowances:
    """What these limited queues have left, for one claim; their rows are locked."""

    def __init__(self, queues: Collection[int]) -> None:
        self._left: dict[int, _Left] = {}
        if not queues:
            return
        with connection.cursor() as cursor:
            cursor.execute(READ, [db.array(queues)])
            for queue, rate, places, filling_for in cursor.fetchall():
                limits = [] if places is None else [places]
                if rate is not None:
                    # Instants are rounded to milliseconds.
                    limits.append(int(permits(rate, filling_for) + 0.001))
                self._left[queue] = _Left(max(0, min(limits, default=0)), rate)

    def within(self, queue: int, count: int) -> int:
        """So many of these may be claimed."""
        left = self._left.get(queue)
        return min(count, left.count) if left else count

    def take(self, queue: int, count: int) -> None:
        if left := self._left.get(queue):
            left.count -= count
            left.taken += count

    def save(self) -> None:
        """Take the permits of what was claimed out of the buckets."""
        for queue, left in self._left.items():
            if left.rate is not None and left.taken:
                _take(queue, left.rate, left.taken)


def lock_buckets() -> dict[int, float]:
    """Lock the queues that have a rate, in order; returns their rates.

    Before any delivery is locked, as a claim does.
    """
    rated = Queue.objects.filter(rate__isnull=False).order_by("pk")
    return {row.pk: row.rate or 0.0 for row in rated.select_for_update(no_key=True)}


def give_back(rates: Mapping[int, float], counts: Mapping[int, int]) -> None:
    """Return the permits of what was claimed and not sent, to queues that are locked."""
    for queue in rates.keys() & counts.keys():
        _take(queue, rates[queue], -counts[queue])


def _take(queue: int, rate: float, count: int) -> None:
    filled_in = capacity(rate) / rate
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [filled_in, filled_in, round(count / rate, 6), queue])
