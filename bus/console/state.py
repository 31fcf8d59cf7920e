"""The state of every queue and subscription now, and its pace in the last hour."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from bus.console.lanes import MOST_SHOWN, BlockedLane, blocked_lanes, blocking_heads
from bus.console.limits import Limit, limit_of
from bus.console.pace import Pace, read_pace
from bus.console.workers import Worker, alive_by_queue, read_workers
from bus.models import Subscription
from bus.selectors import BrokerState, OutboxState, broker_state, outbox_state
from bus.store.backlog import backlog

STANDS_STILL = timedelta(minutes=2)
"""A delivery that has been open for longer and is neither retried nor paused needs a look."""


@dataclass(frozen=True)
class Row:
    """A subscription, or a queue with all of its subscriptions. Counts above
    `bus.store.backlog.MOST_COUNTED` are lower bounds."""

    name: str
    queue: str
    waiting: int = 0
    retrying: int = 0
    later: int = 0
    """Not due yet, and not because a try has failed."""
    in_flight: int = 0
    tried_again: int = 0
    """Of those in flight: after a try that has failed."""
    dead: int = 0
    paused: bool = False
    oldest_at: datetime | None = None
    pace: Pace = field(default_factory=Pace)
    workers: int | None = None
    """Of a queue: those alive. None if it is not known, since no relay or broker answers."""
    blocked: int = 0
    """Lanes in which others wait for a dead or failing delivery of it."""
    limit: Limit | None = None
    """Of its queue."""
    id: int = 0

    @property
    def open(self) -> int:
        return self.waiting + self.retrying + self.later + self.in_flight + self.dead

    @property
    def lacks_worker(self) -> bool:
        """It has something to do, and no worker."""
        return self.workers == 0 and bool(self.waiting + self.retrying + self.in_flight)

    @property
    def at_its_limit(self) -> bool:
        """Deliveries are due, and wait for what the limit of their queue lets through."""
        return bool(self.limit and self.limit.in_use and self.waiting)

    @property
    def fails(self) -> bool:
        """A try has failed, and another one is to come or being made."""
        return bool(self.retrying or self.tried_again)

    @property
    def level(self) -> str:
        """`red` needs a person; `amber` needs a look; `green` has nothing to do or does it."""
        if self.dead or self.lacks_worker:
            return "red"
        late = self.oldest_at and self.oldest_at < timezone.now() - STANDS_STILL
        late = late and not self.at_its_limit
        return "amber" if self.fails or self.paused or self.blocked or late else "green"


@dataclass(frozen=True)
class Board:
    """All of it."""

    at: datetime
    queues: list[Row]
    subscriptions: list[Row]
    workers: list[Worker]
    broker: BrokerState
    outbox: OutboxState
    lanes: list[BlockedLane]
    further_lanes: int
    """Blocked, and not among `lanes`."""

    @property
    def level(self) -> str:
        """The worst of its queues, the relay and the broker."""
        if self.broker.silent or self.broker.ok is False:
            return "red"
        levels = {row.level for row in self.queues}
        return next((one for one in ("red", "amber") if one in levels), "green")

    def of(self, queue: str) -> list[Row]:
        return [row for row in self.subscriptions if row.queue == queue]


def board() -> Board:
    """The state now, in ten queries that read a bounded number of rows of the ledger."""
    subscriptions = Subscription.objects.filter(retired_at=None).select_related("queue")
    by_id = {row.pk: row for row in subscriptions.order_by("queue__name", "name")}
    broker, pace = broker_state(), read_pace()
    workers = read_workers()
    alive = None if broker.silent or broker.ok is False else alive_by_queue(workers)
    counts = {pk: rest for pk, *rest in backlog()}
    heads = blocking_heads()
    blocked = Counter(head.subscription_id for head in heads)
    now = timezone.now()
    limits = _limits(by_id.values(), counts, now)
    rows = []
    for pk, one in by_id.items():
        waiting, retrying, later, in_flight, again, dead, *instants = counts.get(pk, (0,) * 6)
        rows.append(
            Row(
                name=one.name,
                queue=one.queue.name,
                waiting=waiting,
                retrying=retrying,
                later=later,
                in_flight=in_flight,
                tried_again=again,
                dead=dead,
                paused=one.status != "active",
                oldest_at=_least(instants),
                pace=pace.get(pk, Pace()),
                blocked=blocked[pk],
                limit=limits[one.queue_id],
                id=pk,
            )
        )
    names = list(dict.fromkeys(row.queue for row in rows))
    queues = [_sum(name, [row for row in rows if row.queue == name], alive) for name in names]
    return Board(
        at=now,
        queues=queues,
        subscriptions=rows,
        workers=workers,
        broker=broker,
        outbox=outbox_state(),
        lanes=blocked_lanes(heads),
        further_lanes=max(0, len(heads) - MOST_SHOWN),
    )


def _limits(
    subscriptions: Iterable[Subscription], counts: dict[int, list[Any]], now: datetime
) -> dict[int, Limit | None]:
    """The limits of each queue, by its id."""
    queues = {one.queue_id: one.queue for one in subscriptions}
    in_flight: Counter[int] = Counter()
    for one in subscriptions:
        in_flight[one.queue_id] += counts[one.pk][3] if one.pk in counts else 0
    return {pk: limit_of(queue, in_flight[pk], now) for pk, queue in queues.items()}


def _sum(name: str, rows: list[Row], alive: dict[str, int] | None) -> Row:
    return Row(
        name=name,
        queue=name,
        waiting=sum(row.waiting for row in rows),
        retrying=sum(row.retrying for row in rows),
        later=sum(row.later for row in rows),
        in_flight=sum(row.in_flight for row in rows),
        tried_again=sum(row.tried_again for row in rows),
        dead=sum(row.dead for row in rows),
        paused=any(row.paused for row in rows),
        oldest_at=_least(row.oldest_at for row in rows),
        pace=Pace.sum([row.pace for row in rows]),
        workers=None if alive is None else alive.get(name, 0),
        blocked=sum(row.blocked for row in rows),
        limit=rows[0].limit,
    )


def _least(instants: Iterable[Any]) -> datetime | None:
    return min((at for at in instants if at), default=None)
