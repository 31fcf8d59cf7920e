"""The relay's loop: fan out, poll, claim, send."""

import logging
import threading
import time
from collections.abc import Callable

import redis
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.db.models.functions import Now
from kombu.exceptions import KombuError

from bus.broker import server
from bus.failpoints import Point, reach
from bus.models import RelayState
from bus.ops import bulk
from bus.redaction import kind
from bus.relay import standstill
from bus.relay.epoch import Epoch
from bus.relay.jobs import JobSender
from bus.relay.messages import Queued, Sender
from bus.relay.pace import PaceKeeper
from bus.relay.workers import WorkerWatch
from bus.store.claims import claim
from bus.store.in_flight import InFlight
from bus.store.inspection import STANDING_FOR
from bus.store.marks import Marks
from bus.store.outbox import fan_out
from bus.store.poll import poll

log = logging.getLogger(__name__)

EVERY = 0.1
"""Seconds from one poll to the next."""

EVERY_WHEN_BUSY = 0.3
"""The same after a poll that found at least `BUSY` and filled no window. Deliveries that become due
in between share messages, so each of them costs less."""

BUSY = 20
"""Events and deliveries in one poll."""

MANY = 500
"""With so many events and deliveries in one poll more are waiting: the next one begins at once."""

PAUSE_AFTER_TROUBLE = 1.0

HEARTBEAT = 5.0
"""Seconds between two entries of the relay's state, unless it changes."""

BULK_EVERY = 1.0
"""Seconds between two queries for a bulk operation that has not ended. Its steps follow each other
at once, each after a poll for live traffic."""

BULK_PAUSE = 60.0
"""Seconds without a step after one that failed, for example because its wait for a lock timed
out."""

WATCH_EVERY = 60.0
"""Seconds between two searches for queues that stand still."""

CHECK_EVERY = 10.0
"""Seconds between two checks that the broker keeps what it accepts."""

BROKER_TROUBLE = (redis.RedisError, KombuError, OSError, server.UnsuitableBroker)


class Relay:
    """Fans out events and sends due deliveries, until it is stopped."""

    def __init__(self) -> None:
        self.sender = Sender()
        self.epoch = Epoch()
        self.queued = Queued()
        self.marks = Marks()
        self.in_flight = InFlight()
        self.pace = PaceKeeper()
        self.workers = WorkerWatch()
        self.jobs = JobSender(self.sender)
        self._behind = False
        """Whether the last poll filled a subscription's window, so that more may be waiting."""
        self._broker_error: str | None = None
        self._noted_at = 0.0
        self._try_broker_at = 0.0
        self._check_broker_at = 0.0
        self._try_bulk_at = 0.0
        # Only then: what waited while no relay ran is no standstill of a queue.
        self._watch_at = time.monotonic() + STANDING_FOR.total_seconds()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. After trouble of the database or the broker it tries again."""
        while not stop.is_set():
            began = time.monotonic()
            try:
                moved = self.step()
            except (DatabaseError, InterfaceError) as error:
                log.warning("the database does not answer: %s", type(error).__name__)
                close_old_connections()
                stop.wait(PAUSE_AFTER_TROUBLE)
                continue
            if moved < MANY:
                fuller = moved >= BUSY and not self._behind
                wait = EVERY_WHEN_BUSY if fuller else EVERY
                stop.wait(max(0.0, began + wait - time.monotonic()))
        self.sender.close()

    def step(self) -> int:
        """One poll; returns how many events were fanned out and deliveries sent or changed."""
        self.marks.begin()
        fanned_out = fan_out(self.marks)
        sent = self._feed_broker() if time.monotonic() >= self._try_broker_at else 0
        self.watch_queues()
        self.pace.keep()
        return fanned_out + sent + self.continue_bulk()

    def watch_queues(self) -> None:
        """Once a minute: alert of queues that stand still."""
        if time.monotonic() < self._watch_at:
            return
        self._watch_at = time.monotonic() + WATCH_EVERY
        try:
            standstill.watch()
        except Exception as error:  # whatever it is, live traffic goes on
            log.error("queues that stand still are looked for again later: %s", kind(error))

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

    def _feed_broker(self) -> int:
        try:
            self._check_broker()
            self.epoch.check()
            sent = self._send_due()
        except BROKER_TROUBLE as error:
            self._try_broker_at = time.monotonic() + PAUSE_AFTER_TROUBLE
            self._note(_told(error))
            return 0
        self._note("")
        self._attend("signs of life are read", self.workers.watch)
        self._attend("requested jobs are sent", self.jobs.send)
        return sent

    @staticmethod
    def _attend(what: str, function: Callable[[], None]) -> None:
        """Do what deliveries do not wait for; the broker's trouble in it is none of theirs."""
        try:
            function()
        except Exception as error:  # whatever it is, live traffic goes on
            log.error("%s again later: %s", what, kind(error))

    def _check_broker(self) -> None:
        """Refuse a broker that would lose messages; its settings may have changed."""
        if time.monotonic() >= self._check_broker_at:
            server.check()
            self._check_broker_at = time.monotonic() + CHECK_EVERY

    def _send_due(self) -> int:
        work = poll(self.marks)
        queued = self.queued.tickets(work)
        batches = claim(work, queued=queued, in_flight=self.in_flight)
        self._behind = any(batch.fills_window for batch in batches)
        if not batches:
            return 0
        reach(Point.RELAY_CLAIMED)
        self.sender.send(batches)
        reach(Point.RELAY_SENT)
        ids = [pk for batch in batches for pk, _token in batch.tickets]
        self.pace.sent(ids)
        return len(ids)

    def _note(self, error: str) -> None:
        """Record the instant and the state of the broker."""
        if error == self._broker_error and time.monotonic() < self._noted_at + HEARTBEAT:
            return
        if error != self._broker_error and (error or self._broker_error):
            log.warning("%s", error or "the broker answers again")
        RelayState.objects.update_or_create(
            pk=RelayState.THE_ROW,
            defaults={"looked_at": Now(), "broker_error": error},
        )
        self._broker_error, self._noted_at = error, time.monotonic()


def _told(error: Exception) -> str:
    """The trouble of the broker by its kind: texts of errors repeat what was sent."""
    if isinstance(error, server.UnsuitableBroker):
        return str(error)
    # The reason is in the error of Redis that caused that of kombu.
    cause = error.__cause__ if isinstance(error.__cause__, redis.RedisError) else error
    answered = isinstance(cause, (redis.ResponseError, redis.AuthenticationError))
    return f"{type(cause).__name__}: the broker {'refuses' if answered else 'does not answer'}"
