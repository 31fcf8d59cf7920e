"""A worker's sign of life in the broker: the console shows who works on a queue."""

import logging
from secrets import token_hex
from typing import Any

import redis
from celery import bootsteps

from bus.broker import server, workers

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two signs."""


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Gives a sign from the worker's event loop, so that a loop that is stuck gives none.

    It is the main process's, not one of the pool, and costs a delivery nothing.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)
    _timer: Any = None
    _client: redis.Redis | None = None

    def start(self, consumer: Any) -> None:
        client = self._client = server.hasty_client()
        queues = sorted(consumer.app.amqp.queues.consume_from)
        processes = int(getattr(consumer.pool, "num_processes", None) or 1)

        def give() -> None:
            try:
                workers.give(
                    client, consumer.hostname, workers.Sign(token_hex(4), queues, processes)
                )
            except redis.RedisError as error:
                log.debug("no sign of life: %s", type(error).__name__)

        # Once the loop runs, because consuming starts there.
        consumer.timer.call_after(0, give)
        self._timer = consumer.timer.call_repeatedly(EVERY, give)

    def stop(self, _consumer: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._client is not None:
            self._client.close()
        self._timer = self._client = None
