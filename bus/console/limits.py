"""The limits of a queue, and what is left of them."""

from dataclasses import dataclass
from datetime import datetime

from bus.models import Queue
from bus.queues import rate_in_words
from bus.store.allowance import capacity, permits


@dataclass(frozen=True)
class Limit:
    """`rate` as it is declared, `permits` that are left of it now, and in how many seconds there is
    one; `at_once`. None where there is no such limit."""

    rate: str | None
    permits: int | None
    next_in: float | None
    at_once: int | None
    in_use: bool
    """The bucket is not full, or something is in flight: it may be the limit that holds up what
    is due."""

    @property
    def words(self) -> str:
        """In a line for operators."""
        parts = []
        if self.rate is not None:
            left = f"{self.permits} left" if self.permits else f"next in {self.next_in:.1f} s"
            parts.append(f"{self.rate}, {left}")
        if self.at_once is not None:
            parts.append(f"{self.at_once} at once")
        return "; ".join(parts)


def limit_of(queue: Queue, in_flight: int, now: datetime) -> Limit | None:
    """The limits of a queue with so much in flight; None if it has none."""
    if queue.rate is None and queue.at_once is None:
        return None
    if queue.rate is None:
        return Limit(None, None, None, queue.at_once, in_use=in_flight > 0)
    filling_for = (now - queue.empty_at).total_seconds() if queue.empty_at else None
    left = permits(queue.rate, filling_for)
    return Limit(
        rate=rate_in_words(queue.rate),
        permits=int(left),
        next_in=max(0.0, 1 - left) / queue.rate,
        at_once=queue.at_once,
        in_use=left < capacity(queue.rate) or in_flight > 0,
    )
