"""Signs of life: in the ledger's database for the console, as a file for a health check."""

import time
from pathlib import Path

from django.db.models.functions import Now

from bus.models import RelayState
from bus.worker.heartbeat import note

EVERY = 5.0
"""Seconds between two signs."""


class Signs:
    """What a loop that works says of itself, as relay and worker in one."""

    def __init__(
        self, name: str, queues: list[str], processes: int, touch: Path | None = None
    ) -> None:
        self.name = name
        self.queues = queues
        self.processes = processes
        self.touch = touch
        self._give_at = 0.0

    def give(self) -> None:
        """Give a sign, if it is time for one. `touch` is touched after the database has it.

        Raises:
            django.db.Error: the database does not answer.
            OSError: the file cannot be touched.
        """
        now = time.monotonic()
        if now < self._give_at:
            return
        self._give_at = now + EVERY
        note(self.name, self.queues, self.processes)
        # A relay that runs beside it, while its broker is away, goes on to say so.
        RelayState.objects.update_or_create(pk=RelayState.THE_ROW, defaults={"looked_at": Now()})
        if self.touch:
            self.touch.parent.mkdir(parents=True, exist_ok=True)
            self.touch.touch()
