"""A Google Pub/Sub transport that looks at each answer, and checks each message before kombu does.

Kombu's own publishes in the background and never looks whether it was stored; a message that it
cannot read comes again for ever.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

import grpc
from kombu.transport import virtual

from bus.broker import keys
from bus.broker.pubsub_channel import Channel as PubsubChannel
from bus.broker.pubsub_service import Service, errors
from bus.broker.service_error import ServiceError

log = logging.getLogger(__name__)
kombu: Any = virtual  # half of its types are missing

ANSWERED_WITHIN = 1.0
"""Seconds for which a connection that is closed waits for the answers to what it has let go."""


class Transport(kombu.Transport):  # type: ignore[misc]  # as above
    """One connection to Pub/Sub, with all its channels."""

    Channel = PubsubChannel
    driver_type = driver_name = "pubsub"
    connection_errors = (*kombu.Transport.connection_errors, ServiceError)

    # Without an event loop all processes of a worker's pool share one pipe and its lock. One that
    # is killed while it waits there keeps the lock, and the others get nothing any more.
    implements = kombu.Transport.implements.extend(asynchronous=True)

    service: Service
    has_quarantine = False

    def __init__(self, client: Any, **options: Any) -> None:
        super().__init__(client, **options)
        self._pulls: dict[str, Any] = {}
        """The pulls that are waited for, by their queues."""
        self._answers: SimpleQueue[Callable[[], bool]] = SimpleQueue()
        """What the loop has to do: look at an answer, or find out that there is room again."""
        self._letting_go: set[Any] = set()
        self._loop: Any = None

    def driver_version(self) -> str:
        return str(grpc.__version__)

    def establish_connection(self) -> "Transport":
        """Connect.

        Raises:
            ServiceError: the service does not answer, or refuses.
        """
        self.service = Service(self.client.virtual_host, keys.prefix())
        try:
            self.service.ping()
        except ServiceError:
            self.service.close()
            raise
        super().establish_connection()
        return self

    def close_connection(self, connection: Any) -> None:
        """Close; messages that are not acknowledged are given back."""
        self._loop = None
        for queue, pull in self._pulls.items():
            if not pull.done():
                pull.cancel()
                continue
            with suppress(ServiceError), errors():
                for one in pull.result().received_messages:
                    self.let_go(self.service.release(queue, [one.ack_id]))
        super().close_connection(connection)
        end = time.monotonic() + ANSWERED_WITHIN
        for call in list(self._letting_go):
            with suppress(grpc.RpcError, grpc.FutureTimeoutError, grpc.FutureCancelledError):
                call.result(timeout=max(0.0, end - time.monotonic()))
        self.service.close()

    def register_with_event_loop(self, _connection: Any, loop: Any) -> None:
        """Work from the event loop of a worker, instead of by `drain_events`."""
        self._loop = loop
        loop.call_soon(self._turn)

    def _turn(self) -> None:
        if self._loop is None:  # closed meanwhile
            return
        with suppress(Empty):
            while True:
                self._answers.get_nowait()()
        self._pull()

    def _ring(self, look: Callable[[], bool]) -> None:
        """Have the loop do this; from any thread."""
        self._answers.put(look)
        if (loop := self._loop) is not None:
            loop.call_soon(self._turn)

    def let_go(self, call: Any) -> None:
        """A message is acknowledged or given back: there is room for another one."""
        self._letting_go.add(call)
        call.add_done_callback(self._answered)
        self._ring(lambda: False)

    def _answered(self, call: Any) -> None:
        self._letting_go.discard(call)
        try:
            with errors():
                call.result()
        except ServiceError as error:
            log.warning("a message was not let go, and comes again: %s", error)

    def drain_events(self, _connection: Any, timeout: float | None = None) -> None:
        """Wait for messages and hand them on.

        Raises:
            TimeoutError: none came in so many seconds.
            ServiceError: the service does not answer, or refuses.
        """
        end = None if timeout is None else time.monotonic() + timeout
        received = False
        while not received:
            self._pull()
            left = None if end is None else max(0.0, end - time.monotonic())
            try:
                received = self._answers.get(timeout=left)()
            except Empty:
                raise TimeoutError from None

    def _pull(self) -> None:
        for channel in self.channels:
            for queue in channel._active_queues:
                if queue not in self._pulls and (room := channel.room()):
                    pull = self._pulls[queue] = self.service.pull(queue, room)
                    pull.add_done_callback(partial(self._pulled, channel, queue))

    def _pulled(self, channel: PubsubChannel, queue: str, pull: Any) -> None:
        """In a thread of gRPC's: the loop looks at it."""
        self._ring(partial(self._look, channel, queue, pull))

    def _look(self, channel: PubsubChannel, queue: str, pull: Any) -> bool:
        """Look at the answer to a pull; returns whether it brought messages."""
        self._pulls.pop(queue, None)
        try:
            with errors():
                messages = list(pull.result().received_messages)
        except ServiceError as error:
            if error.status != grpc.StatusCode.DEADLINE_EXCEEDED.name:
                raise
            # Nothing came: from an empty queue, or by a wire that is dead.
            self.service.ping()
            return False
        for one in messages:
            if queue in channel._active_queues:
                channel.receive(queue, one.ack_id, one.message.data)
            else:  # the consumer was cancelled meanwhile
                self.let_go(self.service.release(queue, [one.ack_id]))
        return bool(messages)
