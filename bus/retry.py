"""When a failed delivery is tried again."""

import random
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

LONGEST_WAIT = timedelta(days=1)

UNCOUNTED_FOR = timedelta(days=1)
"""So long after a delivery became due, pauses that the other side asks for and trouble of the
database cost no try. Whoever is in trouble for longer needs a person, and each costs one then."""

MOST_UNCOUNTED = 10_000
"""Tries that cost none, at most: a policy may wait for a second only, and a day is long."""

MOST_AMBIGUOUS = 2
"""An ambiguous send is repeated once; the second one needs a person."""

MOST_TIMES = 1000
"""Tries that a policy may grant; with what costs none they fit the ledger's column."""


class TryLater(Exception):
    """Raised by a handler: the other side asked for a pause (`Retry-After`, RFC 9110 10.2.3).

    The pause costs no try while the delivery is younger than `UNCOUNTED_FOR`, and is never shorter
    than the policy's own wait: "in one second", said sixteen times, is not sixteen tries.
    """

    def __init__(self, why: str, wait: timedelta) -> None:
        super().__init__(why)
        self.wait = wait


class Ambiguous(Exception):
    """Raised by an outside handler: the effect may have happened, and nobody can tell.

    The bus counts it, repeats it once, and leaves a second one to a person.
    """


@dataclass(frozen=True)
class Retry:
    """Which errors are transient, how many tries a delivery has, and the waits between.

    Each body that is begun is a try, but for those that end in a pause that was asked for
    (`TryLater`) or in trouble of the database: these cost none for a day (`UNCOUNTED_FOR`).
    The wait after the n-th failure is `first_wait` doubled n - 1 times, `longest_wait` at most,
    of which a random part between half and all is waited, so that what failed together does not
    come back together. Errors that are not in `on` end the delivery at once as dead.
    """

    on: tuple[type[Exception], ...]
    times: int
    first_wait: timedelta
    longest_wait: timedelta

    def __post_init__(self) -> None:
        for error in self.on:
            if not (isinstance(error, type) and issubclass(error, Exception)):
                raise TypeError(f"Retry.on takes classes of exceptions, not {error!r}.")
        if not 1 <= self.times <= MOST_TIMES:
            raise ValueError(f"Retry.times is {self.times}: it must be 1 to {MOST_TIMES}.")
        if not timedelta(0) < self.first_wait <= self.longest_wait <= LONGEST_WAIT:
            raise ValueError(
                f"Retry waits {self.first_wait} to {self.longest_wait}: the first must be above "
                f"zero, not above the longest, and the longest not above {LONGEST_WAIT}."
            )

    def full_wait(self, failures: int) -> timedelta:
        """The longest wait that can follow the failure of that number (1 is the first)."""
        factor: int = 2 ** min(failures - 1, 40)
        if factor >= self.longest_wait / self.first_wait:
            return self.longest_wait
        return self.first_wait * factor

    def wait(self, failures: int) -> timedelta:
        """The wait after the failure of that number, with jitter: half to all of `full_wait`."""
        return self.full_wait(failures) * random.uniform(0.5, 1)  # noqa: S311 -- jitter, no secret

    def __str__(self) -> str:
        waits = groupby(self.full_wait(n) for n in range(1, self.times))
        counted = [(_short(wait), len(list(same))) for wait, same in waits]
        shown = [f"{count} x {wait}" if count > 1 else wait for wait, count in counted]
        return ", ".join(shown) or "never again"


def _short(wait: timedelta) -> str:
    seconds = wait.total_seconds()
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
