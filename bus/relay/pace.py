"""The relay's figures of what it has sent: how many are done in a minute, and how long it took."""

import logging
import time
from collections.abc import Iterable
from itertools import islice

from bus.redaction import kind
from bus.store import pace
from bus.store.in_flight import still_in_flight

log = logging.getLogger(__name__)

EVERY, EVERY_WHEN_MANY = 5.0, 1.0
"""Seconds between two readings; the second if `AT_ONCE` or more are to be read."""

AT_ONCE = 5_000
"""Deliveries in one reading."""

MOST_KEPT = 40_000
"""Deliveries that a relay remembers, some megabytes. What it sends beyond them counts in no figure:
only a relay that is faster than `AT_ONCE` a second comes so far."""

KEPT_FOR = 2 * 3600.0
"""Seconds for which the figures are kept. The console shows those of an hour."""

FORGET_EVERY = 600.0
PAUSE_AFTER_ERROR = 60.0


class PaceKeeper:
    """Remembers what its relay has sent until it is no longer in flight.

    Workers do nothing for it. It reads deliveries by their ids, so that the ledger needs no index
    for it.
    """

    def __init__(self) -> None:
        self._sent: dict[int, None] = {}
        self._read_at = time.monotonic()
        self._forget_at = 0.0

    def sent(self, ids: Iterable[int]) -> None:
        """Remember these deliveries, up to `MOST_KEPT`."""
        room = MOST_KEPT - len(self._sent)
        self._sent.update(dict.fromkeys(islice(ids, room)))

    def keep(self) -> None:
        """Add what has been done since the last reading, if it is time for it."""
        now = time.monotonic()
        every = EVERY if len(self._sent) < AT_ONCE else EVERY_WHEN_MANY
        if now < self._read_at + every:
            return
        self._read_at = now
        try:
            self._add()
            if now >= self._forget_at:
                self._forget_at = now + FORGET_EVERY
                pace.forget(KEPT_FOR)
        except Exception as error:  # whatever it is, live traffic goes on
            log.error("the figures of the console are not written: %s", kind(error))
            self._sent.clear()
            self._read_at = now + PAUSE_AFTER_ERROR

    def _add(self) -> None:
        ids = list(self._sent)[:AT_ONCE]
        flying = still_in_flight(ids)
        for pk in ids:
            del self._sent[pk]
        if ended := [pk for pk in ids if pk not in flying]:
            pace.add(ended)
        # Behind the others, so that what is in flight for long hides nothing that is done.
        self._sent.update(dict.fromkeys(flying))
