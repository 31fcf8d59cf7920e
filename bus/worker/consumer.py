"""A worker's consumer, which inspects each message before Celery looks for its task."""

import logging
from collections.abc import Callable
from typing import Any

from celery.worker.consumer import Consumer as CeleryConsumer
from kombu import Message

from bus.broker.message import Malformed, inspect

log = logging.getLogger(__name__)

MOST_OF_HEADERS = 2048
"""Characters of a malformed message's headers that are kept; its body comes after them."""


class Consumer(CeleryConsumer):  # type: ignore[misc]  # Celery has no types
    """Passes on what `inspect` accepts, whatever the broker; the rest goes to the quarantine.

    Stock Celery ends, or exits and gets the message again, with several kinds of malformed ones.
    """

    class Blueprint(CeleryConsumer.Blueprint):  # type: ignore[misc]  # as above
        # With one quorum queue this step declares 28 queues for tasks with an ETA, which the bus
        # never sends.
        default_steps = [
            step
            for step in CeleryConsumer.Blueprint.default_steps
            if not step.endswith(":DelayedDelivery")
        ]

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Message], None]:
        handle = super().create_task_handler(*args, **options)

        def inspect_and_handle(message: Message) -> None:
            try:
                message.headers, message.body = inspect(
                    message.headers, message.body, message.content_type, message.content_encoding
                )
            except Malformed as error:
                self._quarantine(message, error)
                return
            handle(message)

        return inspect_and_handle

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        """What kombu cannot unpack is quarantined; Celery would write all of it into the log."""
        self._quarantine(message, Malformed(type(exc).__name__))

    def _quarantine(self, message: Message, error: Malformed) -> None:
        body = message.body
        content = body if isinstance(body, bytes) else str(body).encode(errors="replace")
        headers = repr(message.headers)[:MOST_OF_HEADERS].encode(errors="replace")
        queue = str(message.delivery_info.get("routing_key"))
        message.channel.quarantine(queue, headers + b" " + content, error)
        message.ack_log_error(log, self.connection_errors)
