"""As many subscriptions to one fact as the environment asks for."""

import os
from datetime import timedelta

from bus import Fact, Queue, Retry, subscribe

QUEUE = Queue("bench")
RETRY = Retry(
    on=(TimeoutError,),
    times=2,
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(seconds=1),
)


class Happened(Fact, frozen=True, kw_only=True):
    number: str

    @property
    def stream(self) -> str:
        return self.number


def _subscribe(name: str, batch: int) -> None:
    def nothing(facts: list[Happened]) -> None:
        """Do nothing about it."""

    nothing.__name__ = name
    subscribe(Happened, queue=QUEUE, retry=RETRY, batch=batch)(nothing)


for place in range(int(os.environ["BENCH_SUBSCRIPTIONS"])):
    _subscribe(f"nothing_{place}", int(os.environ["BENCH_BATCH"]))
