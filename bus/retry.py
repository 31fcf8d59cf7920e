"""Retry policies: which errors are tried again, how often, and after which waits."""

import random
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

LONGEST_WAIT = timedelta(days=1)

UNCOUNTED_FOR = timedelta(days=1)
"""For this time after a delivery became due, requested pauses and trouble of the database use up
no try. Trouble that lasts longer needs a person, and each failure uses up a try."""

MOST_UNCOUNTED = 10_000
"""The most failures that use up no try: a policy may wait for only a second, and a day is long."""

MOST_AMBIGUOUS = 2
"""An ambiguous try is repeated once; a second one makes the delivery dead."""

MOST_TIMES = 1000
"""The most tries of a policy; with `MOST_UNCOUNTED` they fit the ledger's column."""


class TryLater(Exception):
    """Raised by a handler: the other side asked for a pause (`Retry-After`, RFC 9110 10.2.3).

    The pause uses up no try while the delivery is younger than `UNCOUNTED_FOR`. It is never shorter
    than the policy's wait, which grows with every attempt, pauses included: a server that always
    says "in one second" is called more and more rarely.
    """

    def __init__(self, why: str, wait: timedelta) -> None:
        super().__init__(why)
        self.wait = wait


class Ambiguous(Exception):
    """Raised by an external handler: the effect may have happened, and the handler cannot tell.

    The try is repeated once; a second one makes the delivery dead.
    """


@dataclass(frozen=True)
class Retry:
    """Which errors are transient, how many tries a delivery has, and the waits between.

    Each start of the handler is a try, except those that end in a requested pause (`TryLater`) or
    in trouble of the database: these use up none for a day (`UNCOUNTED_FOR`).
    The wait after the n-th failure is `first_wait` doubled n - 1 times, at most `longest_wait`,
    times a random factor of 0.5 to 1, so that deliveries that failed together are not retried
    together. An error that is not in `on` makes the delivery dead at once.
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
                f"Retry waits {self.first_wait} to {self.longest_wait}: first_wait must be above "
                f"zero and at most longest_wait, and longest_wait at most {LONGEST_WAIT}."
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
