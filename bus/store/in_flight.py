"""A relay's count of the deliveries in flight of each subscription."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from django.db import connection

from bus.models import IN_FLIGHT
from bus.store import conditions
from bus.store.conditions import in_state
from bus.store.database import db
from bus.store.poll import Work

COUNT_EVERY = 5.0
"""Seconds between two counts of a subscription: so old is what is known of other relays."""

BULK_WAITS = 1.0
"""Seconds by which a subscription that has nothing but bulk comes later than it would."""

PASSED_OVER = 9
"""Claims of live deliveries in a row while bulk is due; the next begins with a batch of bulk."""

MOST_PROBES = 500
"""Messages in one claim that are asked about. Each costs PostgreSQL about a microsecond."""

FLYING = f"SELECT id FROM bus_delivery WHERE id {db.among_ids} AND {in_state(*IN_FLIGHT)}"

COUNT = f"""SELECT subscription_id, COUNT(*) FROM bus_delivery d
    WHERE subscription_id {db.among_ids} AND {conditions.IN_FLIGHT} GROUP BY subscription_id"""


class InFlight:
    """A relay's record of the messages it has sent, by the last delivery of each.

    A count reads all that has been in flight since the oldest snapshot, so it is made once in a
    while; meanwhile what others have counts as unchanged. A message counts as a whole until its
    last delivery is finished. The window is load, and no fence: several relays may exceed it until
    they count again. A new object counts at once.
    """

    def __init__(self) -> None:
        self._messages: dict[str, dict[int, int]] = defaultdict(dict)
        self._others: dict[str, int] = {}
        self._count_at: dict[str, float] = {}
        self._sent_at: dict[str, float] = {}
        self._passed_over: Counter[str] = Counter()

    def sent(self, task: str, ids: Iterable[int]) -> None:
        """Record a message of this subscription."""
        found = list(ids)
        self._messages[task][max(found)] = len(found)
        self._sent_at[task] = time.monotonic()

    def in_turn(self, work: Iterable[Work]) -> list[Work]:
        """Who has waited for longest first: a backlog takes turns with the others, for idle
        processes and for what a limited queue has left."""

        def turn(one: Work) -> float:
            return self._sent_at.get(one.task, 0.0) + (0.0 if one.live else BULK_WAITS)

        return sorted(work, key=turn)

    def bulk_first(self, task: str) -> bool:
        """Whether bulk has waited for `PASSED_OVER` claims, so that it never starves."""
        return self._passed_over[task] >= PASSED_OVER

    def pass_over(self, task: str, *, bulk: bool) -> None:
        """Record a claim while both live and bulk were due: whether it has claimed bulk."""
        self._passed_over[task] = 0 if bulk else self._passed_over[task] + 1

    def count(self, work: Sequence[Work]) -> dict[str, int]:
        """How many deliveries of each of these subscriptions are in flight."""
        self._forget_finished([one.task for one in work])
        now = time.monotonic()
        old = [one for one in work if now >= self._count_at.get(one.task, 0.0)]
        for task, count in _counted(old).items():
            self._others[task] = max(0, count - self._own(task))
            self._count_at[task] = now + COUNT_EVERY
        return {one.task: self._own(one.task) + self._others[one.task] for one in work}

    def _own(self, task: str) -> int:
        return sum(self._messages[task].values())

    def _forget_finished(self, tasks: list[str]) -> None:
        """The oldest first. What is still in flight goes behind the others, so that messages
        which stay for long hide none that are finished."""
        if not tasks:
            return
        most = max(1, MOST_PROBES // len(tasks))
        probes = {task: list(self._messages[task])[:most] for task in tasks}
        flying = still_in_flight([pk for ids in probes.values() for pk in ids])
        for task, ids in probes.items():
            for pk in ids:
                size = self._messages[task].pop(pk)
                if pk in flying:
                    self._messages[task][pk] = size


def still_in_flight(ids: list[int]) -> set[int]:
    """Those of these deliveries that are sent or started and not finished."""
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(FLYING, [db.array(ids)])
        return {row[0] for row in cursor.fetchall()}


def _counted(work: Sequence[Work]) -> dict[str, int]:
    if not work:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [db.array(one.subscription_id for one in work)])
        found = dict(cursor.fetchall())
    return {one.task: found.get(one.subscription_id, 0) for one in work}
