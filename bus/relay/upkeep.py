"""What is done beside the deliveries: bulk operations, alerts, figures for the console."""

import logging
import time
from collections.abc import Callable

from bus import measurements
from bus.measurements import Figure
from bus.ops import bulk
from bus.redaction import kind
from bus.relay import standstill
from bus.relay.pace import PaceKeeper
from bus.store.inspection import STANDING_FOR

log = logging.getLogger(__name__)

BULK_EVERY = 1.0
"""Seconds between two queries for a bulk operation that has not ended. Its steps follow each other
at once, each after a poll for live traffic."""

BULK_PAUSE = 60.0
"""Seconds without a step after one that failed, for example because its wait for a lock timed
out."""

WATCH_EVERY = 60.0
"""Seconds between two searches for queues that stand still."""


class Upkeep:
    """What a process that moves deliveries does between two polls, each thing at its time.

    Trouble with any of it stops no delivery. `pace` is told what has been sent.
    """

    def __init__(self) -> None:
        self.pace = PaceKeeper()
        self._try_bulk_at = 0.0
        # Only then: what waited while nothing ran is no standstill of a queue.
        self._watch_at = time.monotonic() + STANDING_FOR.total_seconds()

    def keep(self) -> int:
        """Do what it is time for; returns how many deliveries a bulk operation has changed."""
        self.watch_queues()
        self.pace.keep()
        return self.continue_bulk()

    def watch_queues(self) -> None:
        """Once a minute: alert of queues that stand still."""
        if time.monotonic() < self._watch_at:
            return
        self._watch_at = time.monotonic() + WATCH_EVERY
        attend("queues that stand still are looked for", standstill.watch)

    def continue_bulk(self) -> int:
        """The next step of a bulk operation; returns how many deliveries it changed."""
        if time.monotonic() < self._try_bulk_at:
            return 0
        try:
            working, changed = bulk.step()
        except Exception as error:  # whatever it is, live traffic goes on
            log.error("a bulk operation is tried again later: %s", kind(error))
            self._try_bulk_at = time.monotonic() + BULK_PAUSE
            return 0
        if not working:
            self._try_bulk_at = time.monotonic() + BULK_EVERY
        return changed


def report_step(fanned_out: int, sent: int, seconds: float) -> None:
    """Count what a poll has moved."""
    measurements.report(
        (Figure.STEP_SECONDS, seconds, ()),
        (Figure.FANNED_OUT, fanned_out, ()),
        (Figure.SENT, sent, ()),
    )


def attend(what: str, function: Callable[[], None]) -> None:
    """Do what deliveries do not wait for; trouble with it is logged, and stops none of them."""
    try:
        function()
    except Exception as error:  # whatever it is, live traffic goes on
        log.error("%s again later: %s", what, kind(error))
