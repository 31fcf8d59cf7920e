"""The relay's life: fan out, poll, claim, send, and again."""

import logging
import threading
import time

import redis
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.db.models.functions import Now
from kombu.exceptions import KombuError

from bus.broker import server
from bus.failpoints import Point, reach
from bus.models import RelayState
from bus.ops import bulk
from bus.redaction import kind
from bus.relay.epoch import Epoch
from bus.relay.queued import Queued
from bus.relay.sender import Sender
from bus.store.claims import claim
from bus.store.in_flight import InFlight
from bus.store.marks import Marks
from bus.store.outbox import fan_out
from bus.store.poll import poll

log = logging.getLogger(__name__)

EVERY = 0.1
"""Seconds from one look to the next while little happens, and each event is on its own."""

EVERY_WHEN_BUSY = 0.3
"""The same after a look that found as much as `BUSY` and filled no window. What comes in between
goes out together, in messages that several deliveries share: the more there is, the less each of
them costs."""

BUSY = 20
"""Events and deliveries in one look."""

MANY = 500
"""So much in one look, events and deliveries, means that more is waiting: look again at once."""

PAUSE_AFTER_TROUBLE = 1.0

HEARTBEAT = 5.0
"""Seconds between two entries of the relay's state, unless it changes."""

BULK_EVERY = 1.0
"""Seconds between two queries for a bulk operation that has not ended; its steps follow each other
at once, each behind a look at live traffic."""

BULK_PAUSE = 60.0
"""Seconds for which none is tried after a step that failed: by a lock that somebody keeps, for
example, for which it has waited as long as the database lets it."""

CHECK_EVERY = 10.0
"""Seconds between two looks at whether the broker still keeps what it accepts."""

BROKER_TROUBLE = (redis.RedisError, KombuError, OSError, server.UnsuitableBroker)


class Relay:
    """Moves events into the ledger and due deliveries into the broker, until told to stop."""

    def __init__(self) -> None:
        self.sender = Sender()
        self.epoch = Epoch()
        self.queued = Queued()
        self.marks = Marks()
        self.in_flight = InFlight()
        self._behind = False
        """Whether the last look filled a subscription's window, so that more may be waiting."""
        self._broker_error: str | None = None
        self._noted_at = 0.0
        self._try_broker_at = 0.0
        self._check_broker_at = 0.0
        self._try_bulk_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Trouble with the database or the broker is waited out."""
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
        """One look: returns how many events were routed, deliveries sent and changed in bulk."""
        self.marks.begin()
        routed = fan_out(self.marks)
        sent = self._feed_broker() if time.monotonic() >= self._try_broker_at else 0
        return routed + sent + self.continue_bulk()

    def continue_bulk(self) -> int:
        """The next step of what an operator has asked for."""
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
        return sent

    def _check_broker(self) -> None:
        """Refuse a broker that would lose messages: it may have come, or been changed, since."""
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
        return sum(len(batch.tickets) for batch in batches)

    def _note(self, error: str) -> None:
        """Write down when the relay last looked and what it knows of the broker."""
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
    """What is the matter with the broker, by kind: texts of errors repeat what was sent."""
    if isinstance(error, server.UnsuitableBroker):
        return str(error)
    # kombu says that a batch failed; why, Redis has said before.
    cause = error.__cause__ if isinstance(error.__cause__, redis.RedisError) else error
    answered = isinstance(cause, (redis.ResponseError, redis.AuthenticationError))
    return f"{type(cause).__name__}: the broker {'refuses' if answered else 'does not answer'}"
