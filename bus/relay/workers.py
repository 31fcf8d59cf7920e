"""The relay's watch over the workers: it notes in the database when each gave a sign of life."""

import logging
import time

from django.db.models.functions import Now

from bus.broker import server, workers
from bus.models import WorkerState

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two readings."""

SWEEP_EVERY = 60.0
"""Seconds between two deletions of what was last seen long ago."""


class WorkerWatch:
    """Compares each worker's sign with the one before; an unchanged one is no sign of life.

    So only the database's clock counts, and web processes need no broker.
    """

    def __init__(self) -> None:
        self._client = server.client(decode=False)
        self._beats: dict[str, str] = {}
        self._silent_since: dict[str, float] = {}
        self._read_at = self._sweep_at = 0.0

    def watch(self) -> None:
        """Read the signs, if it is time for it.

        Raises:
            redis.RedisError: Redis does not answer.
            django.db.Error: the database does not.
        """
        now = time.monotonic()
        if now < self._read_at:
            return
        self._read_at = now + EVERY
        seen = workers.read(self._client)
        for one in seen:
            before = self._beats.get(one.name)
            # Before it is written: a sign that cannot be is not tried again, and stops no other.
            self._beats[one.name] = one.sign.beat
            # The first sign that a relay reads may be an old one.
            if before not in (None, one.sign.beat):
                self._silent_since.pop(one.name, None)
                self._note(one)
            self._silent_since.setdefault(one.name, now)
        self._forget({one.name for one in seen}, now)

    def _note(self, one: workers.Seen) -> None:
        WorkerState.objects.update_or_create(
            name=one.name,
            defaults={
                "queues": one.sign.queues,
                "processes": one.sign.processes,
                "seen_at": Now(),
            },
        )

    def _forget(self, present: set[str], now: float) -> None:
        limit = WorkerState.KEPT_FOR.total_seconds()
        gone = [name for name in present if now - self._silent_since[name] > limit]
        workers.forget(self._client, gone)
        for name in [*gone, *(self._beats.keys() - present)]:
            self._beats.pop(name, None)
            self._silent_since.pop(name, None)
        # By their age: after a flush Redis no longer names them.
        if gone or now >= self._sweep_at:
            self._sweep_at = now + SWEEP_EVERY
            WorkerState.objects.filter(seen_at__lt=Now() - WorkerState.KEPT_FOR).delete()
