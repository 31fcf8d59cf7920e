"""A worker's progress by the ledger: whether it gets what was sent to its queues."""

import logging
import time
from collections.abc import Collection

from celery.worker import state

from bus.selectors import broker_state
from bus.store.inspection import SENT_FOR_LONG, STANDING_FOR, examples

log = logging.getLogger(__name__)

LOOK_EVERY = 60.0
"""Seconds between two looks into the ledger."""

LOOKS = 3
"""So many in a row must find the same: between two messages a worker is idle, too."""


class Progress:
    """Judges one worker: it is stuck if it is idle while deliveries of its queues have been *sent*
    for `STANDING_FOR`, and the relay says that the broker answers.

    A worker that has just started is trusted for as long, so that it is not restarted over and over
    for what the one before has left.
    """

    def __init__(
        self, trusted_for: float = STANDING_FOR.total_seconds(), every: float = LOOK_EVERY
    ) -> None:
        self._every = every
        self._look_at = time.monotonic() + trusted_for
        self._found = 0

    @property
    def is_stuck(self) -> bool:
        return self._found >= LOOKS

    def look(self, queues: Collection[str]) -> None:
        """Look, if it is time for it.

        Raises:
            django.db.Error: the database does not answer; nothing is known then.
        """
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + self._every
        was_stuck = self.is_stuck
        self._found = self._found + 1 if _gets_nothing(queues) else 0
        if self.is_stuck and not was_stuck:
            log.error("What is sent to %s does not arrive; restart this worker.", ", ".join(queues))


def _gets_nothing(queues: Collection[str]) -> bool:
    if state.active_requests:  # a job may take an hour
        return False
    standing = examples([SENT_FOR_LONG], STANDING_FOR)
    return any(row.queue.name in queues for row in standing) and broker_state().ok is True


progress = Progress()
"""That of this process."""
