"""The pool: processes that perform one batch at a time, started, limited and replaced."""

import logging
import math
import multiprocessing
import time
from collections import Counter
from multiprocessing import connection as pipes
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess

from django.db import connections

from bus.store.claims import Batch
from bus.work.performer import limits, serve

log = logging.getLogger(__name__)

FORK = multiprocessing.get_context("fork")
"""What is imported by now is shared, and a process is there in milliseconds."""

STEADY_AFTER = 60.0
"""Seconds that a process must live for the next one to be started without a wait."""

LONGEST_WAIT = 30.0
"""Seconds before a process is replaced."""


class Place:
    """One place of the pool, and the process that has it now."""

    def __init__(self) -> None:
        self.process: ForkProcess | None = None
        self.pipe: Connection | None = None
        self.batch: Batch | None = None
        self.kill_at = math.inf
        self.start_at = 0.0
        self.leaves = False
        """Its process has said that it goes on no more."""
        self._started_at = time.monotonic()
        self._failures = 0

    @property
    def idle(self) -> bool:
        return self.pipe is not None and self.batch is None and not self.leaves

    def start(self, inherited: list[Connection]) -> None:
        """Fork a process. No connection to the database survives it, here neither.

        If the machine has no room for one, it is tried again later.
        """
        connections.close_all()
        try:
            here, there = FORK.Pipe()
            process = FORK.Process(target=serve, args=(there, [*inherited, here]))
            process.start()
        except OSError as error:
            log.error("no process can be started: %s", error.strerror)
            self._delay()
            return
        there.close()
        self.process, self.pipe, self.leaves = process, here, False
        self._started_at = time.monotonic()

    def kill_if_late(self) -> None:
        if self.process and self.batch and time.monotonic() >= self.kill_at:
            self.kill_at = math.inf
            self.process.kill()
            log.error(
                "%s: killed after its hard limit, with %d deliveries from %s",
                self.batch.task, len(self.batch.tickets), self.batch.tickets[:1],
            )  # fmt: skip

    def receive(self) -> bool:
        """Read what the process has said; False if it has ended."""
        assert self.pipe is not None
        try:
            self.leaves = not self.pipe.recv()
        except (EOFError, OSError):
            return False
        self.batch, self.kill_at = None, math.inf
        return True

    def clear(self) -> Batch | None:
        """Forget a process that has ended; returns the batch that it was performing."""
        assert self.process is not None
        assert self.pipe is not None
        self.pipe.close()
        self.process.join()
        lost = self.batch
        if lost or not self.leaves:
            log.warning("process %s ended with %s", self.process.pid, self.process.exitcode)
            self._delay()
        self.process = self.pipe = self.batch = None
        self.kill_at = math.inf
        return lost

    def _delay(self) -> None:
        """Let the next process wait: not at all after a long life, then 1, 3, 7, ... seconds."""
        now = time.monotonic()
        self._failures = 0 if now > self._started_at + STEADY_AFTER else self._failures + 1
        self.start_at = now + min(2.0**self._failures - 1, LONGEST_WAIT)


class Pool:
    """As many processes as `size`. Of one thread, because it forks."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._places = [Place() for _ in range(size)]

    @property
    def idle(self) -> int:
        """How many processes could take a batch."""
        return sum(place.idle for place in self._places)

    @property
    def busy(self) -> bool:
        return any(place.batch for place in self._places)

    def by_queue(self) -> Counter[str]:
        """How many batches of each queue are performed."""
        return Counter(place.batch.queue for place in self._places if place.batch)

    def start(self) -> None:
        """Start what is missing, each after its wait."""
        now = time.monotonic()
        for place in self._places:
            if place.process is None and now >= place.start_at:
                place.start([other.pipe for other in self._places if other.pipe])

    def give(self, batch: Batch) -> bool:
        """Let an idle process perform it; False if none could take it."""
        for place in self._places:
            if not place.idle:
                continue
            assert place.pipe is not None
            try:
                place.pipe.send(batch)
            except OSError:  # it has died, as `wait` will notice
                continue
            _soft, hard = limits(batch)
            place.batch, place.kill_at = batch, time.monotonic() + hard.total_seconds()
            return True
        return False

    def wait(self, seconds: float) -> list[Batch]:
        """Wait until a process is done or has ended, at most so long; kill what is over its limit.

        Returns the batches of processes that have ended while they performed them.
        """
        for place in self._places:
            place.kill_if_late()
        by_pipe = {place.pipe: place for place in self._places if place.pipe}
        if not by_pipe:
            time.sleep(seconds)
        ready = pipes.wait(by_pipe, seconds) if by_pipe else []
        ended = [place for pipe, place in by_pipe.items() if pipe in ready and not place.receive()]
        return [lost for place in ended if (lost := place.clear())]

    def close(self) -> None:
        """Let all processes end, each after the batch that it performs."""
        for place in self._places:
            if place.pipe:
                place.pipe.close()
        for place in self._places:
            if place.process:
                place.process.join()
        self._places = [Place() for _ in range(self.size)]
