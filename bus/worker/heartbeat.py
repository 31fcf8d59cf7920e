"""A worker's sign of life in the database: the console shows who works on a queue."""

import logging
from threading import Thread
from typing import Any

from celery import bootsteps
from django.db import Error, connection
from django.db.models.functions import Now

from bus.models import WorkerState
from bus.redaction import kind
from bus.worker.progress import progress

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two signs."""


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Gives a sign from the worker's event loop, so that a loop that is stuck gives none.

    It is the main process's, not one of the pool, and costs a delivery nothing. The loop does not
    wait for the database: a thread writes the sign, and while it waits no other is given.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)
    _timer: Any = None
    _writing: Thread | None = None

    def start(self, consumer: Any) -> None:
        queues = sorted(consumer.app.amqp.queues.consume_from)
        processes = int(getattr(consumer.pool, "num_processes", None) or 1)

        def give() -> None:
            if self._writing is None or not self._writing.is_alive():
                sign = (consumer.hostname, queues, processes)
                self._writing = Thread(target=write, args=sign, daemon=True, name="heartbeat")
                self._writing.start()

        # Once the loop runs, because consuming starts there.
        consumer.timer.call_after(0, give)
        self._timer = consumer.timer.call_repeatedly(EVERY, give)

    def stop(self, _consumer: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None


def write(name: str, queues: list[str], processes: int) -> None:
    """Write the sign, look at the progress, and log what keeps it from being written.

    The connection is closed: the main process forks, and a child should inherit none. One that is
    forked while the sign is written does, and leaves it alone.
    """
    try:
        note(name, queues, processes)
        progress.look(queues)
    except Error as error:
        log.warning("no sign of life is given: %s", kind(error))
    finally:
        connection.close()


def note(name: str, queues: list[str], processes: int) -> None:
    """Write a sign by the database's clock, and delete those of workers that are long gone."""
    seen = {"queues": queues, "processes": processes, "seen_at": Now()}
    WorkerState.objects.update_or_create(name=name, defaults=seen)
    WorkerState.objects.filter(seen_at__lt=Now() - WorkerState.KEPT_FOR).delete()
