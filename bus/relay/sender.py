"""Send claimed deliveries as Celery messages of ids and tokens."""

import logging
from uuid import uuid4

from celery import Celery, current_app
from kombu import Connection, Producer

from bus.store.claims import Batch
from bus.store.rescue import rescue_not_sent

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Messages in one round trip."""


class Sender:
    """One connection to the broker. Each relay has its own; it is not thread-safe."""

    def __init__(self) -> None:
        self.app: Celery = current_app._get_current_object()
        self._connection: Connection | None = None
        self._producer: Producer | None = None

    def send(self, batches: list[Batch]) -> None:
        """Send each batch as one message; if any may not have been sent, all are due again.

        Raises:
            kombu.exceptions.OperationalError: the broker does not answer.
        """
        try:
            with self._ready().batch(max_size=AT_ONCE):
                for batch in batches:
                    self._publish(batch)
        except Exception:
            self.close()
            rescue_not_sent([ticket for batch in batches for ticket in batch.tickets])
            raise

    def _publish(self, batch: Batch) -> None:
        headers, properties, body, _event = self.app.amqp.create_task_message(
            str(uuid4()),
            batch.task,
            args=(batch.tickets,),
            kwargs={},
            argsrepr=f"({len(batch.tickets)} deliveries from {batch.tickets[0][0]})",
            kwargsrepr="{}",
            ignore_result=True,
        )
        # The default exchange: after a flush Redis drops a publish through a named one.
        self._ready().publish(
            body,
            exchange="",
            routing_key=batch.queue,
            serializer="json",
            headers=headers,
            **properties,
        )

    def _ready(self) -> Producer:
        if self._producer is None:
            self._connection = self.app.connection_for_write(
                connect_timeout=2,
                transport_options={"socket_timeout": 2, "socket_connect_timeout": 2},
            )
            self._producer = self.app.amqp.Producer(self._connection, auto_declare=False)
        return self._producer

    def close(self) -> None:
        """Close the connection; the next send opens another."""
        if self._connection is not None:
            self._connection.release()
        self._connection = self._producer = None
