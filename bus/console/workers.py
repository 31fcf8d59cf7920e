"""The workers that have given a sign of life, and when."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from bus.models import WorkerState

ALIVE_FOR = timedelta(seconds=30)
"""Three signs of life."""


@dataclass(frozen=True)
class Worker:
    name: str
    queues: tuple[str, ...]
    processes: int
    seen_at: datetime
    age: timedelta
    """Since the last sign, by the database's clock."""

    @property
    def alive(self) -> bool:
        return self.age <= ALIVE_FOR


def read_workers() -> list[Worker]:
    """Those seen in the last hour, in the order of their names."""
    age = ExpressionWrapper(Now() - F("seen_at"), output_field=DurationField())
    recent = WorkerState.objects.filter(seen_at__gte=Now() - WorkerState.KEPT_FOR)
    rows = recent.annotate(age=age).order_by("name")
    return [Worker(r.name, tuple(r.queues), r.processes, r.seen_at, r.age) for r in rows]


def alive_by_queue(workers: Iterable[Worker]) -> dict[str, int]:
    """How many workers of each queue are alive."""
    return dict(Counter(queue for one in workers if one.alive for queue in one.queues))
