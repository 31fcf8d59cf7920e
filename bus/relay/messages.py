"""The relay's messages: send claimed deliveries; find what no worker has popped."""

import logging
from collections.abc import Iterable
from uuid import uuid4

import redis
from celery import Celery, current_app
from kombu import Connection, Producer

from bus.broker import server
from bus.broker.envelope import Malformed, tickets_of
from bus.broker.keys import key
from bus.models import Delivery, State
from bus.store.claims import Batch
from bus.store.poll import Work
from bus.store.rescue import rescue_not_sent

log = logging.getLogger(__name__)

Ticket = tuple[int, int]
"""A delivery's id and the token it was sent with."""

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

    def send_task(self, task: str, queue: str) -> None:
        """Send a task without arguments.

        Raises:
            kombu.exceptions.OperationalError: the broker does not answer.
        """
        try:
            self._publish_task(task, queue)
        except Exception:
            self.close()
            raise

    def _publish(self, batch: Batch) -> None:
        shown = f"({len(batch.tickets)} deliveries from {batch.tickets[0][0]})"
        self._publish_task(batch.task, batch.queue, (batch.tickets,), shown)

    def _publish_task(
        self, task: str, queue: str, args: tuple[list[Ticket], ...] = (), shown: str = "()"
    ) -> None:
        headers, properties, body, _event = self.app.amqp.create_task_message(
            str(uuid4()),
            task,
            args=args,
            kwargs={},
            argsrepr=shown,
            kwargsrepr="{}",
            ignore_result=True,
        )
        # The default exchange: after a flush Redis drops a publish through a named one.
        self._ready().publish(
            body,
            exchange="",
            routing_key=queue,
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


class Queued:
    """A relay's reading of the queues."""

    def __init__(self) -> None:
        self._client = server.client(decode=False)

    def tickets(self, work: Iterable[Work]) -> frozenset[Ticket]:
        """The deliveries whose message still waits for a worker, of queues with leases that ended.

        Stale messages are removed: copies that the broker restored, and those of a sending that
        seemed to fail. So a queue that no worker reads stays as short as the windows.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        # Deliveries of a paused subscription become waiting: they must not stay in flight.
        queues = {one.queue for one in work if one.late and one.due}
        if not queues:
            return frozenset()
        found: set[Ticket] = set()
        for queue in sorted(queues):
            found |= self._tickets_in(self._client, queue)
        return frozenset(found)

    @staticmethod
    def _tickets_in(client: redis.Redis, queue: str) -> set[Ticket]:
        read = {item: set(_tickets(item)) for item in server.messages(client, key(queue))}
        # Read after the queue: a message is sent after its claim is committed.
        valid = _still_sent({ticket for tickets in read.values() for ticket in tickets})
        stale = [item for item, tickets in read.items() if tickets and not tickets & valid]
        if stale:
            server.remove(client, key(queue), stale)
            log.warning("%s: %d stale messages were removed from the queue", queue, len(stale))
        return valid


def _tickets(item: bytes) -> list[Ticket]:
    try:
        return tickets_of(item)
    except Malformed:
        return []  # the transport quarantines it


def _still_sent(tickets: set[Ticket]) -> set[Ticket]:
    ids = [pk for pk, _token in tickets]
    rows = Delivery.objects.filter(id__in=ids, state=State.SENT).values_list("id", "token")
    return tickets & set(rows)
