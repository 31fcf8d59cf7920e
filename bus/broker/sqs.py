"""An SQS transport that polls on, sends by ten, and has a place for malformed messages."""

import logging
from base64 import b64encode
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError
from kombu.transport import SQS
from kombu.utils.json import dumps

from bus.broker import keys
from bus.broker.envelope import rewrite
from bus.broker.message import Malformed
from bus.broker.quarantine import KEPT_OF_EACH, QUARANTINE, report
from bus.broker.sqs_polling import Polling
from bus.broker.sqs_quarantine import AT_ONCE, SqsQueue, opened
from bus.redaction import kind

log = logging.getLogger(__name__)

LIFE = timedelta(minutes=10)
"""After which SQS drops a message. The lease of its deliveries is long over then, and the relay has
sent them anew: so the queue of a worker that is away holds no more than five leases' messages. The
tasks of beat, which have no lease, have as long to be received."""

KEPT = timedelta(days=14)
"""For the quarantine; longer than SQS keeps no message."""

PAUSE = 1.0
"""Seconds from a poll that failed to the next."""

FAILED = -1
"""What such a poll has found, in place of a number of messages."""


class Refused(RuntimeError):
    """SQS has not taken each message of a batch. It may have taken the others."""


class Batch:
    """Sends ten messages of a queue in one request, and looks at the answer to each.

    Ten of the largest messages of the bus are far below the 256 KiB that a request may have.
    """

    def __init__(self, channel: "Channel") -> None:
        self.channel = channel
        self._waiting: dict[str, list[str]] = {}

    def publish(self, message: Any, exchange: str, routing_key: str, **_options: Any) -> None:
        """Publish one message by the default exchange; sends once there are ten for its queue."""
        self.channel._inplace_augment_message(message, exchange, routing_key)
        waiting = self._waiting.setdefault(routing_key, [])
        waiting.append(dumps(message))
        if len(waiting) == AT_ONCE:
            self._send(routing_key)

    def flush(self) -> None:
        """Send what waits.

        Raises:
            Refused, ClientError, BotoCoreError: some of it may not have been stored.
        """
        for queue in list(self._waiting):
            self._send(queue)

    def discard(self) -> None:
        """Send nothing more."""
        self._waiting.clear()

    def close(self) -> None: ...

    def _send(self, queue: str) -> None:
        entries = [
            {"Id": str(at), "MessageBody": body} for at, body in enumerate(self._waiting.pop(queue))
        ]
        url = self.channel._new_queue(queue)
        answer = self.channel.sqs().send_message_batch(QueueUrl=url, Entries=entries)
        if len(answer.get("Successful", ())) < len(entries):
            codes = sorted({one["Code"] for one in answer.get("Failed", ())})
            raise Refused(f"{queue}: {', '.join(codes)}")


class Channel(SQS.Channel):  # type: ignore[misc]  # kombu has no types
    """Passes on what `rewrite` accepts, and polls on whatever happens.

    kombu polls a queue by callbacks, each of which starts the next: one that fails is the last.
    """

    _asynsqs: Polling | None = None

    @property
    def queue_name_prefix(self) -> str:
        """The project's prefix in the letters that SQS allows in names of queues."""
        return str(self.entity_name(keys.prefix()))

    def create_publish_batch(self, **_options: Any) -> Batch:
        """Kombu asks for it."""
        return Batch(self)

    def asynsqs(self, **_queue: str) -> Polling:
        """The connection by which this channel polls all its queues."""
        if self._asynsqs is None:
            self._asynsqs = Polling(sqs_connection=self.sqs(), region=self.region)
        return self._asynsqs

    def _create_queue(self, queue_name: str, attributes: dict[str, str]) -> Any:
        kept = KEPT if queue_name == self.canonical_queue_name(QUARANTINE) else LIFE
        period = {"MessageRetentionPeriod": f"{kept.total_seconds():.0f}"}
        return super()._create_queue(queue_name, attributes | period)

    def _schedule_queue(self, queue: str) -> None:
        try:
            super()._schedule_queue(queue)
        except Exception as error:  # credentials that cannot be had just now, for example
            log.error("%s is not polled: %s", queue, kind(error))
            self._loop1(queue, FAILED)

    def _loop1(self, queue: str, messages_fetched: int | None = None) -> None:
        if messages_fetched == FAILED:
            self.hub.call_later(PAUSE, self._schedule_queue, queue)
        else:
            super()._loop1(queue, messages_fetched)

    def _on_messages_ready(self, url: str, queue: str, answer: Any) -> int:
        """What was received goes to the worker; it is received again if that fails."""
        if answer is None:
            return FAILED
        try:
            read = [one for one in answer.get("Messages", ()) if self._is_read(one, url, queue)]
            return int(super()._on_messages_ready(url, queue, {"Messages": read}))
        except Exception as error:
            log.error("what was received from %s failed: %s", queue, kind(error))
            return FAILED

    def _is_read(self, message: dict[str, Any], url: str, queue: str) -> bool:
        """Rewrite a message that can be read; one that cannot goes to the quarantine."""
        item = self._decode_python_message_body(message["Body"])
        try:
            message["Body"] = rewrite(item, queue).decode()
        except Malformed as error:
            self.quarantine(queue, item, error)
            self.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return False
        return True

    def quarantine(self, where: str, item: bytes, error: Malformed) -> None:
        """Store a refused message in the queue of the quarantine, in base64."""
        report(where, error)
        body = b64encode(item[:KEPT_OF_EACH]).decode()
        self.sqs().send_message(QueueUrl=self._new_queue(QUARANTINE), MessageBody=body)

    def declare_quarantine(self) -> int:
        """Declare the queue of the quarantine; returns about how many messages it has."""
        return int(self.queue_declare(QUARANTINE).message_count)

    def quarantined(self) -> AbstractContextManager[SqsQueue]:
        """What is in the quarantine."""
        count = self.declare_quarantine()
        return opened(self.sqs(), self._new_queue(QUARANTINE), count)


class Transport(SQS.Transport):  # type: ignore[misc]  # kombu has no types
    """Amazon SQS, guarded."""

    Channel = Channel

    # A refusal is tried again like silence: rights and keys are put right without a restart.
    connection_errors = (*SQS.Transport.connection_errors, ClientError)
