"""A queue as the code declares it, with the limits of those that its handlers call."""

import re
from dataclasses import dataclass
from datetime import timedelta

UNITS = {"s": 1, "min": 60, "h": 3600}
"""Seconds."""

SLOWEST, FASTEST = 1 / 60, 1000.0
"""Deliveries a second. A slower queue would be taken for one that stands still; a faster one is
none that a provider limits, and SQLite's instants are milliseconds."""

MOST_AT_ONCE = 10_000


class BadQueue(ValueError):
    """A queue with values that cannot be used; the message says what to change."""


@dataclass(frozen=True)
class Queue:
    """A Celery queue: one per app, named like it.

    `ordered` keeps deliveries of one stream in order within the queue: at most one is in flight,
    and a later event waits for the earlier one through retries and dead ones.
    `optional`: only the settings of some deployments declare its handlers, so the contract leaves
    them out.
    `hard_limit` is how long one message may take before its process is killed; the soft limit
    is three quarters of it.

    Two limits hold for all handlers of the queue together, whatever the number of relays and
    workers. `rate`, such as ``"10/s"``, ``"100/min"`` or ``"5000/h"``: so many deliveries are
    claimed, over time; after a pause at most one second's worth, or one, is claimed at once.
    `at_once`: so many deliveries are in flight at most, those included that no worker has started.

    Raises:
        BadQueue: at import, with the way out.
    """

    name: str
    ordered: bool = False
    hard_limit: timedelta = timedelta(seconds=60)
    rate: str = ""
    at_once: int | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        per_second = self.per_second
        if per_second is not None and not SLOWEST <= per_second <= FASTEST:
            raise BadQueue(f"{self.name}: rate is {self.rate}; it must be 1/min to 1000/s.")
        if self.at_once is not None and not 1 <= self.at_once <= MOST_AT_ONCE:
            raise BadQueue(
                f"{self.name}: at_once is {self.at_once}; it must be 1 to {MOST_AT_ONCE}, or be "
                "left out."
            )

    @property
    def per_second(self) -> float | None:
        """The rate in deliveries a second; None without one."""
        if not self.rate:
            return None
        found = re.fullmatch(r"(\d{1,7})/(s|min|h)", self.rate, re.ASCII)
        if not found:
            raise BadQueue(
                f"{self.name}: rate is {self.rate!r}; write a number of deliveries by s, min or h, "
                'such as "10/s" or "100/min".'
            )
        return int(found[1]) / UNITS[found[2]]

    @property
    def soft_limit(self) -> timedelta:
        return self.hard_limit * 0.75

    @property
    def lease(self) -> timedelta:
        """How long a delivery may run before the relay rescues it."""
        return self.hard_limit + timedelta(seconds=15)


def rate_in_words(per_second: float) -> str:
    """A rate as it is declared: in the shortest unit that needs no fraction."""
    for unit, seconds in UNITS.items():
        count = round(per_second * seconds, 6)
        if count.is_integer():
            return f"{count:.0f}/{unit}"
    return f"{per_second:.3g}/s"
