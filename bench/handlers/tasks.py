"""As many subscriptions to one event as the environment asks for."""

import os
from datetime import timedelta

from bus import DomainEvent, Queue, Retry, subscribe

RETRY = Retry(
    on=(TimeoutError,),
    times=2,
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(seconds=1),
)


class Happened(DomainEvent, frozen=True, kw_only=True):
    number: str

    @property
    def stream(self) -> str:
        return self.number


def _subscribe(place: int, batch: int) -> None:
    def nothing(events: list[Happened]) -> None:
        """Do nothing about it."""

    nothing.__name__ = f"nothing_{place}"
    # Ordered, as most queues of the shop: for each delivery its lane is checked, which is free.
    queue = Queue(f"bench-{place}", ordered=True)
    subscribe(Happened, queue=queue, retry=RETRY, batch=batch)(nothing)


for place in range(int(os.environ["BENCH_SUBSCRIPTIONS"])):
    _subscribe(place, int(os.environ["BENCH_BATCH"]))
