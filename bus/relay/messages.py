"""The relay's messages: send claimed deliveries; find what no worker has popped."""

import logging
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import redis
from celery import Celery, current_app
from kombu import Connection, Producer

from bus.broker import address, server
from bus.broker.envelope import tickets_of
from bus.broker.keys import key
from bus.broker.message import Malformed
from bus.models import Delivery, State
from bus.store.claims import Batch
from bus.store.poll import Work
from bus.store.rescue import rescue_not_sent

log = logging.getLogger(__name__)

Ticket = tuple[int, int]
"""A delivery's id and the token it was sent with."""

AT_ONCE = 100
"""Messages in one round trip."""


class NotSent(RuntimeError):
    """The broker did not take what was sent. `__cause__` says why, in its client's own words.

    Each client has errors of its own, and an error that the relay did not know would end it.
    """


class Sender:
    """One connection to the broker. Each relay has its own; it is not thread-safe."""

    def __init__(self) -> None:
        self.app: Celery = current_app._get_current_object()
        self._address = address.configured()
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._declared: set[str] = set()
        """The queues that this connection has declared."""

    def send(self, batches: list[Batch]) -> None:
        """Send each batch as one message; if any may not have been sent, all are due again.

        Raises:
            NotSent: the broker does not answer, or refuses.
        """
        try:
            with self._ready().batch(max_size=AT_ONCE):
                for batch in batches:
                    self._publish(batch)
        except Exception as error:
            self.close()
            rescue_not_sent([ticket for batch in batches for ticket in batch.tickets])
            raise NotSent from error

    def send_task(self, task: str, queue: str) -> None:
        """Send a task without arguments.

        Raises:
            NotSent: the broker does not answer, or refuses.
        """
        try:
            with self._ready().batch(max_size=AT_ONCE):
                self._publish_task(task, queue)
        except Exception as error:
            self.close()
            raise NotSent from error

    def check(self) -> None:
        """Find out whether the broker answers, which an idle connection does not say.

        A Redis is asked by the epoch.

        Raises:
            NotSent: it does not answer, or refuses.
        """
        if server.is_redis():
            return
        try:
            self._ready().channel.declare_quarantine()
        except Exception as error:
            self.close()
            raise NotSent from error

    def _publish(self, batch: Batch) -> None:
        shown = f"({len(batch.tickets)} deliveries from {batch.tickets[0][0]})"
        options = self._address.message_options()
        self._publish_task(batch.task, batch.queue, (batch.tickets,), shown, **options)

    def _publish_task(
        self,
        task: str,
        queue: str,
        args: tuple[list[Ticket], ...] = (),
        shown: str = "()",
        **options: Any,
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
        producer = self._ready()
        if queue not in self._declared:
            # A Redis alone has undeclared queues, and no worker may have run yet.
            address.queue(queue)(producer.channel).queue_declare()
            self._declared.add(queue)
        # The default exchange: after a flush Redis drops a publish through a named one.
        producer.publish(
            body,
            exchange="",
            routing_key=queue,
            serializer="json",
            headers=headers,
            **properties,
            **options,
        )

    def _ready(self) -> Producer:
        if self._producer is None:
            self._connection = self.app.connection_for_write(
                connect_timeout=2, transport_options=self._address.sender_options()
            )
            self._producer = self.app.amqp.Producer(self._connection, auto_declare=False)
        return self._producer

    def close(self) -> None:
        """Close the connection, without asking a broker that may be silent; the next send opens
        another."""
        if self._connection is not None:
            self._connection.collect(socket_timeout=1)
        self._connection = self._producer = None
        self._declared.clear()


class Queued:
    """A relay's reading of the queues of a Redis; other brokers drop what is over its lease."""

    def __init__(self) -> None:
        self._client = server.client(decode=False) if server.is_redis() else None

    def tickets(self, work: Iterable[Work]) -> frozenset[Ticket]:
        """The deliveries whose message still waits for a worker, of queues with leases that ended.

        Stale messages are removed: copies that the broker restored, and those of a sending that
        seemed to fail. So a queue that no worker reads stays as short as the windows.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        # Deliveries of a paused subscription become waiting: they must not stay in flight.
        queues = {one.queue for one in work if one.late and one.due}
        if self._client is None or not queues:
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
