"""Celery's workers: logging, settings, batched events, sign of life."""

import logging
from pathlib import Path
from typing import Any

from celery import bootsteps, current_app
from celery.signals import (
    beat_init,
    setup_logging,
    worker_init,
    worker_process_init,
)
from celery.worker import state
from django.conf import settings

from bus import metrics
from bus.worker.consumer import Consumer as BusConsumer
from config import process

log = logging.getLogger(__name__)

ALIVE_EVERY = 10
"""Seconds between two touches of a worker's file."""

FLUSH_EVERY = 0.5
"""Seconds at most by which task events reach Flower late."""


@setup_logging.connect
def leave_logging_to_django(**_: Any) -> None:
    """Keep Django's LOGGING; Celery would add a second format."""


@worker_init.connect
@beat_init.connect
def refuse_unsuitable_settings(**_: Any) -> None:
    """Neither a worker nor beat starts with settings that fail a check."""
    from config.checks import require, settings_checks

    require(settings_checks())


@worker_init.connect
def serve_metrics(sender: Any, **_: Any) -> None:
    """Before the pool is forked, whose processes give it their measurements."""
    metrics.start(queues=list(sender.app.amqp.queues.consume_from))


@worker_process_init.connect
def collect_less_garbage(**_: Any) -> None:
    """In each process of the pool, which has inherited all that it imports."""
    process.collect_less_garbage()


class Consumer(BusConsumer):
    """Sends task events to Flower in batches, instead of two messages for each task."""

    _flush_timer: Any = None

    def on_send_event_buffered(self) -> None:
        if self._flush_timer is None:
            self._flush_timer = self.timer.call_after(FLUSH_EVERY, self._flush_events)

    def _flush_events(self) -> None:
        self._flush_timer = None
        super()._flush_events()

    def shutdown(self) -> None:
        self._flush_events()
        super().shutdown()


def alive_file(queue: str) -> Path:
    """The file touched every `ALIVE_EVERY` seconds while the worker of that queue consumes it."""
    return Path(settings.VAR_DIR) / "run" / f"worker-{queue}.alive"


def consumes(consumer: Any, queue: str) -> bool:
    """Whether the queue is consumed on the worker's present connection."""
    tasks = consumer.task_consumer
    if tasks is None or not tasks.consuming_from(queue):
        return False
    return queue in getattr(tasks.channel, "active_queues", {queue})


def is_stopping() -> bool:
    """Whether the worker was told to stop, and only finishes its running tasks."""
    # As in Celery: these hold the exit code, which may be 0.
    codes = (state.should_stop, state.should_terminate)
    return any(code is not None and code is not False for code in codes)


class SignOfLife(bootsteps.StartStopStep):
    """Touches the worker's files from its event loop.

    The file goes stale if the loop is stuck, no longer consumes the queue, or gets nothing while
    the ledger shows that deliveries were sent to it (`bus.worker.progress`).
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        # It needs the apps, which Celery loads after this module.
        from bus.worker import progress

        queues = list(consumer.app.amqp.queues.consume_from)

        def touch() -> None:
            if progress.progress.is_stuck:
                return
            for queue in queues:
                if not consumes(consumer, queue):
                    if not is_stopping():
                        log.error("The queue %s is no longer consumed; restart this worker.", queue)
                    continue
                file = alive_file(queue)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()

        # Once the loop runs, because consuming starts there.
        consumer.timer.call_after(0, touch)
        self.timer = consumer.timer.call_repeatedly(ALIVE_EVERY, touch)

    def stop(self, _consumer: Any) -> None:
        self.timer.cancel()


current_app.steps["consumer"].add(SignOfLife)
