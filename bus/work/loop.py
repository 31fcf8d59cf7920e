"""The loop of `manage.py work`: fan out, poll, claim, give to the pool."""

import logging
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from functools import partial

from django.db import DatabaseError, InterfaceError, close_old_connections

from bus import handlers
from bus.failpoints import Point, reach
from bus.relay.jobs import JobSender
from bus.relay.spans import record_sent
from bus.relay.upkeep import Upkeep, attend, report_step
from bus.store.claims import Batch, claim
from bus.store.in_flight import InFlight
from bus.store.marks import Marks
from bus.store.outbox import fan_out
from bus.store.poll import Work, poll
from bus.store.rescue import rescue_not_sent
from bus.work.clock import Clock
from bus.work.pool import Pool
from bus.work.signs import Signs

log = logging.getLogger(__name__)

EVERY = 0.1
"""Seconds from one poll to the next, if no process gets done before that."""

PAUSE_AFTER_TROUBLE = 1.0


class _PoolIsBusy(Exception):
    """No process can take a job now; it is begun later."""


class WorkLoop:
    """Performs what is due in the processes of a pool, until it is stopped.

    It claims no more than idle processes can begin at once, so that others that work on the same
    ledger get the rest, and a stop leaves nothing claimed. `queues`: those of the handlers that
    this process has and is to work on.
    """

    def __init__(self, pool: Pool, queues: Collection[str], signs: Signs) -> None:
        self.pool = pool
        self.queues = frozenset(queues)
        self.signs = signs
        self.upkeep = Upkeep()
        self.marks = Marks()
        self.in_flight = InFlight()
        self.jobs = JobSender(self, self.queues)
        self.clock = Clock(self.queues)
        self._try_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; returns when the batches at hand are done.

        After trouble of the database it tries again. A batch that is over its hard limit is killed
        during the stop, too.
        """
        try:
            while not stop.is_set():
                self.pool.start()
                moved = self._try_step() if time.monotonic() >= self._try_at else 0
                self._wait(0 if moved else EVERY)
            while self.pool.busy:
                self._wait(EVERY)
        finally:
            self.pool.close()

    def _try_step(self) -> int:
        try:
            return self.step()
        except (DatabaseError, InterfaceError) as error:
            log.warning("the database does not answer: %s", type(error).__name__)
            close_old_connections()
            self._try_at = time.monotonic() + PAUSE_AFTER_TROUBLE
            return 0

    def step(self) -> int:
        """One poll; returns how many events were fanned out and deliveries given or changed."""
        began = time.monotonic()
        self.marks.begin()
        fanned_out = fan_out(self.marks)
        given = self._give_due()
        report_step(fanned_out, given, time.monotonic() - began)
        attend("signs of life are given", self.signs.give)
        attend("jobs are requested by the clock", self.clock.request)
        attend("requested jobs are begun", self._begin_jobs)
        return fanned_out + given + self.upkeep.keep()

    def _begin_jobs(self) -> None:
        with suppress(_PoolIsBusy):
            self.jobs.send()

    def send_task(self, task: str, queue: str) -> None:
        """Begin a task without arguments, as `JobSender` needs it.

        A job may take an hour, so it gets the last idle process only if no other works.
        """
        last = self.pool.idle < 2 and self.pool.busy
        if last or not self.pool.give(Batch(task, queue, [])):
            raise _PoolIsBusy

    def _give_due(self) -> int:
        idle = self.pool.idle
        if not idle:
            return 0
        work = [one for one in poll(self.marks) if self._may_be_given(one)]
        batches = claim(work, full_batches=False, in_flight=self.in_flight, messages=idle)
        began_at = time.time()
        if batches:
            reach(Point.RELAY_CLAIMED)
        refused = [batch for batch in batches if not self.pool.give(batch)]
        _requeue(refused)
        if batches:
            reach(Point.RELAY_SENT)
            attend("spans are recorded", partial(record_sent, batches, began_at))
        given = [pk for batch in batches for pk, _token in batch.tickets]
        self.upkeep.pace.sent(given)
        return len(given)

    def _may_be_given(self, work: Work) -> bool:
        """Whether it is ours, and a process is left for the other queues.

        A queue gets another process only while more are idle than it has: what is slow in one
        queue takes half of them, and of the rest the next slow queue half.
        """
        if work.task not in handlers.by_name or work.queue not in self.queues:
            return False
        return len(self.queues) == 1 or self.pool.by_queue()[work.queue] < self.pool.idle

    def _wait(self, seconds: float) -> None:
        _requeue(self.pool.wait(seconds))


def _requeue(batches: list[Batch]) -> None:
    """Make due again what was claimed and not started; the rest comes back with its lease."""
    tickets = [ticket for batch in batches for ticket in batch.tickets]
    if not tickets:
        return
    try:
        rescue_not_sent(tickets)
    except (DatabaseError, InterfaceError) as error:
        log.warning("claimed deliveries wait for their lease: %s", type(error).__name__)
        close_old_connections()
