"""The relay's loop: fan out, poll, claim, send."""

import logging
import threading
import time
from functools import partial
from pathlib import Path

import redis
from amqp.exceptions import AMQPError, MessageNacked
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.db.models.functions import Now
from kombu.exceptions import KombuError

from bus.broker import server
from bus.broker.rabbitmq import Unroutable
from bus.broker.service_error import ServiceError
from bus.failpoints import Point, reach
from bus.models import RelayState
from bus.relay.epoch import Epoch
from bus.relay.jobs import JobSender
from bus.relay.messages import NotSent, Queued, Sender
from bus.relay.spans import record_sent
from bus.relay.upkeep import Upkeep, attend, report_step
from bus.store.claims import claim
from bus.store.in_flight import InFlight
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

CHECK_EVERY = 10.0
"""Seconds between two checks that the broker keeps what it accepts."""

BROKER_TROUBLE = (NotSent, redis.RedisError, OSError, server.UnsuitableBroker)

REFUSALS = (redis.ResponseError, redis.AuthenticationError, MessageNacked, Unroutable)
"""Answers of a broker that does not take what was sent."""

SILENCE = (redis.RedisError, KombuError, AMQPError, OSError)
"""Errors of a client that got no answer."""

OPTIONAL_REFUSALS = {"botocore.exceptions.ClientError", "bus.broker.sqs.Refused"}
OPTIONAL_SILENCE = {"botocore.exceptions.HTTPClientError", "botocore.exceptions.ConnectionError"}
"""Those of clients that may not be installed, by name."""


class Relay:
    """Fans out events and sends due deliveries, until it is stopped.

    `touch` is touched after each entry of the relay's state, so while the database takes them.
    """

    def __init__(self, touch: Path | None = None) -> None:
        self._touch = touch
        self.sender = Sender()
        self.epoch = Epoch()
        self.queued = Queued()
        self.marks = Marks()
        self.in_flight = InFlight()
        self.upkeep = Upkeep()
        self.jobs = JobSender(self.sender)
        self._behind = False
        """Whether the last poll filled a subscription's window, so that more may be waiting."""
        self._broker_error: str | None = None
        self._noted_at = 0.0
        self._try_broker_at = 0.0
        self._check_broker_at = 0.0

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
        began = time.monotonic()
        self.marks.begin()
        fanned_out = fan_out(self.marks)
        sent = self._feed_broker() if time.monotonic() >= self._try_broker_at else 0
        report_step(fanned_out, sent, time.monotonic() - began)
        return fanned_out + sent + self.upkeep.keep()

    def _feed_broker(self) -> int:
        try:
            self._check_broker()
            self.epoch.check()
            sent = self._send_due()
        except BROKER_TROUBLE as error:
            if isinstance(error, NotSent):
                self._check_broker_at = 0.0  # before anything is claimed again
            self._try_broker_at = time.monotonic() + PAUSE_AFTER_TROUBLE
            self._note(_told(error))
            return 0
        self._note("")
        attend("requested jobs are sent", self.jobs.send)
        return sent

    def _check_broker(self) -> None:
        """Refuse a broker that would lose messages, or that is away; either may have changed."""
        if time.monotonic() >= self._check_broker_at:
            server.check()
            self.sender.check()
            self._check_broker_at = time.monotonic() + CHECK_EVERY

    def _send_due(self) -> int:
        work = poll(self.marks)
        queued = self.queued.tickets(work)
        batches = claim(work, queued=queued, in_flight=self.in_flight)
        self._behind = any(batch.fills_window for batch in batches)
        if not batches:
            return 0
        reach(Point.RELAY_CLAIMED)
        began_at = time.time()
        self.sender.send(batches)
        reach(Point.RELAY_SENT)
        attend("spans are recorded", partial(record_sent, batches, began_at))
        ids = [pk for batch in batches for pk, _token in batch.tickets]
        self.upkeep.pace.sent(ids)
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
        if self._touch:
            self._touch.touch()


def _told(error: Exception) -> str:
    """The trouble of the broker by its kind: texts of errors repeat what was sent."""
    if isinstance(error, server.UnsuitableBroker):
        return str(error)
    cause: BaseException = error
    # The reason is in the error of the client, which caused kombu's.
    while cause.__cause__ is not None and not isinstance(cause, redis.RedisError):
        cause = cause.__cause__
    names = {f"{base.__module__}.{base.__name__}" for base in type(cause).__mro__}
    # Each error of AMQP that the broker has sent has a code.
    refused = isinstance(cause, REFUSALS) or getattr(cause, "reply_code", None)
    kind = type(cause).__name__
    if isinstance(cause, ServiceError):
        kind, refused = cause.status, cause.refused
    if refused or names & OPTIONAL_REFUSALS:
        what = "the broker refuses"
    elif isinstance(cause, SILENCE) or names & OPTIONAL_SILENCE:
        what = "the broker does not answer"
    else:
        what = "sending failed, and no broker is the cause"
        log.error("%s", what, exc_info=error)
    return f"{kind}: {what}"
