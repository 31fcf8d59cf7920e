"""Channels to a Google Pub/Sub: what is sent, acknowledged and put aside."""

import logging
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import msgspec
from kombu.transport import virtual
from kombu.utils.json import dumps

from bus.broker.envelope import rewrite
from bus.broker.message import Malformed
from bus.broker.pubsub_quarantine import PubsubSubscription
from bus.broker.pubsub_service import QUARANTINE_KEPT_FOR
from bus.broker.quarantine import KEPT_OF_EACH, QUARANTINE, report
from bus.broker.service_error import ServiceError

log = logging.getLogger(__name__)
kombu: Any = virtual  # half of its types are missing

MOST_PULLED = 100
"""Messages of one pull of a consumer without a prefetch limit."""


class Batch:
    """Publishes up to `max_size` messages together, and waits until they are stored."""

    def __init__(self, channel: "Channel", max_size: int) -> None:
        self.channel = channel
        self.max_size = max_size
        self._open: list[tuple[str, bytes]] = []

    def publish(self, message: Any, routing_key: str, **_options: Any) -> None:
        """Publish one message; waits if there are `max_size` of them."""
        self._open.append((routing_key, self.channel.written(message, routing_key)))
        if len(self._open) >= self.max_size:
            self.flush()

    def flush(self) -> None:
        """Wait until all that was published is stored.

        Raises:
            ServiceError: some of it may not have been stored.
        """
        self.channel.connection.service.publish(self._open)
        self.discard()

    def discard(self) -> None:
        self._open.clear()

    def close(self) -> None: ...


class Channel(kombu.Channel):  # type: ignore[misc]  # as above
    """A queue is a topic with one subscription. There are no broadcasts: no remote control."""

    do_restore = False  # `close` gives back what is held

    def __init__(self, connection: Any, **options: Any) -> None:
        super().__init__(connection, **options)
        self.held: dict[str, tuple[str, str]] = {}
        """By their tags, the queues and Pub/Sub's ids of messages that are not acknowledged."""

    def close(self) -> None:
        """Close, and give back what is held."""
        for tag in list(self.held) if self.connection else ():
            self._let_go(tag, "release")
        super().close()

    def create_publish_batch(self, max_size: int) -> Batch:
        """Kombu asks for it."""
        return Batch(self, max_size)

    def written(self, message: Any, queue: str) -> bytes:
        """A message of the default exchange as it is stored: in the envelope that Redis has too."""
        self._inplace_augment_message(message, "", queue)
        return bytes(dumps(message).encode())

    def _put(self, queue: str, message: Any, **_options: Any) -> None:
        self.connection.service.publish([(queue, dumps(message).encode())])

    def _new_queue(self, queue: str, **_options: Any) -> None:
        self.connection.service.declare(queue)

    def room(self) -> int:
        """How many messages the prefetch limit leaves room for."""
        room = self.qos.can_consume_max_estimate()
        return MOST_PULLED if room is None else int(room)

    def receive(self, queue: str, ack_id: str, data: bytes) -> None:
        """Hand on a message, or put it aside if kombu could not read it."""
        try:
            message = msgspec.json.decode(rewrite(data, queue))
        except Malformed as error:
            self.quarantine(queue, data, error)
            self.connection.let_go(self.connection.service.acknowledge(queue, [ack_id]))
            return
        self.held[message["properties"]["delivery_tag"]] = queue, ack_id
        self.connection._deliver(message, queue)

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Acknowledge a message, without waiting: one that is not comes again, and is fenced.

        Raises:
            ServiceError: the connection is closed.
        """
        super().basic_ack(delivery_tag, multiple)
        self._let_go(delivery_tag, "acknowledge")

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give a message back, or drop it."""
        if requeue:
            super().basic_reject(delivery_tag, requeue=True)
        else:
            self.basic_ack(delivery_tag)

    def _restore(self, message: Any) -> None:
        """Kombu asks for it when a message is rejected."""
        self._let_go(message.delivery_tag, "release")

    def _let_go(self, delivery_tag: str, how: str) -> None:
        transport = self.connection
        if transport is None:
            raise ServiceError("CLOSED")
        held = self.held.pop(delivery_tag, None)
        if held is not None:
            queue, ack_id = held
            transport.let_go(getattr(transport.service, how)(queue, [ack_id]))

    def quarantine(self, where: str, item: bytes, error: Malformed) -> None:
        """Store a refused message in the subscription of the quarantine."""
        report(where, error)
        transport = self.connection
        try:
            if not transport.has_quarantine:
                self.declare_quarantine()
                transport.has_quarantine = True
            # Pub/Sub stores no empty message.
            transport.service.publish([(QUARANTINE, item[:KEPT_OF_EACH] or b" ")])
        except ServiceError as refusal:
            log.error("%s could not be written: %s", QUARANTINE, refusal)

    def quarantined(self) -> AbstractContextManager[PubsubSubscription]:
        """What is in the quarantine."""
        self.declare_quarantine()
        return nullcontext(PubsubSubscription(self.connection.service, self.held))

    def declare_quarantine(self) -> None:
        """Make the quarantine unless it is there; so one learns whether the service answers."""
        self.connection.service.declare(QUARANTINE, QUARANTINE_KEPT_FOR)
