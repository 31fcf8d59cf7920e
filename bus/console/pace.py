"""The pace of a subscription in the last hour: done per minute, and percentiles of the time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from bus.store import pace
from bus.store.pace import PER_DOUBLING

MINUTES = 60


@dataclass(frozen=True)
class Pace:
    """Done in each of the last 60 minutes, the present one last, and how many took how long."""

    minutes: tuple[int, ...] = (0,) * MINUTES
    buckets: Counter[int] = field(default_factory=Counter)

    @classmethod
    def sum(cls, all_: Sequence["Pace"]) -> "Pace":
        """That of several subscriptions together."""
        buckets: Counter[int] = Counter()
        for one in all_:
            buckets.update(one.buckets)
        minutes = tuple(map(sum, zip(*(one.minutes for one in all_), strict=True)))
        return cls(minutes or (0,) * MINUTES, buckets)

    @property
    def last_minute(self) -> int:
        """Done in the last minute that is over."""
        return self.minutes[-2]

    @property
    def done(self) -> int:
        return self.buckets.total()

    def percentile(self, share: float) -> float | None:
        """The seconds from event to effect that this share of the deliveries did not exceed.

        The bucket's middle: at most 13 % off. None if nothing was done.
        """
        left = self.done * share
        for bucket in sorted(self.buckets):
            left -= self.buckets[bucket]
            if left <= 0:
                return float(2 ** ((bucket + 0.5) / PER_DOUBLING))
        return None


def read_pace(now: datetime | None = None) -> dict[int, Pace]:
    """The pace of each subscription, by its id; two queries."""
    end = (now or timezone.now()).replace(second=0, microsecond=0)
    first = end - timedelta(minutes=MINUTES - 1)
    by_minute, by_bucket = pace.read(first, end)
    minutes: dict[int, list[int]] = {}
    for pk, place, done in by_minute:
        minutes.setdefault(pk, [0] * MINUTES)[place] = int(done)
    buckets: dict[int, Counter[int]] = {}
    for pk, bucket, done in by_bucket:
        buckets.setdefault(pk, Counter())[bucket] = int(done)
    return {pk: Pace(tuple(found), buckets.get(pk, Counter())) for pk, found in minutes.items()}
