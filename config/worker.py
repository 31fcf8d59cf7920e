"""Celery's workers: checks, registration, remote control, batched events, sign of life."""

import logging
from functools import partial
from pathlib import Path
from typing import Any

from celery import bootsteps, current_app
from celery.signals import (
    beat_init,
    celeryd_init,
    setup_logging,
    worker_init,
    worker_process_init,
)
from celery.utils.text import str_to_list
from celery.worker import state
from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.control import Panel
from django.conf import settings

from config import process

log = logging.getLogger(__name__)

ALIVE_EVERY = 10
"""Seconds between two touches of a worker's file."""

FLUSH_EVERY = 0.5
"""Seconds at most by which task events reach Flower late."""


@setup_logging.connect
def leave_logging_to_django(**_: Any) -> None:
    """Keep Django's LOGGING; Celery would add a second format."""


@celeryd_init.connect
def refuse_unknown_queues(instance: Any, options: dict[str, Any], **_: Any) -> None:
    """A worker of a queue that no app declares does not start; Celery would show a traceback."""
    declared = instance.app.amqp.queues
    for queue in str_to_list(options.get("queues")) or ():
        if queue not in declared:
            raise SystemExit(
                f"worker: --queues names {queue!r}, and no app of INSTALLED_APPS has such a queue. "
                f"The queues are {', '.join(sorted(declared))}."
            )


@celeryd_init.connect
@beat_init.connect
def refuse_unsuitable_broker(**_: Any) -> None:
    """Neither a worker nor beat starts on a broker that may lose messages, or without one.

    Without an address, Celery would use whatever listens on this machine's port 6379.
    """
    from bus.broker import server

    try:
        server.check()
    except server.UnsuitableBroker as error:
        raise SystemExit(f"The broker cannot be used: {error}") from None


@worker_init.connect
@beat_init.connect
def refuse_unsuitable_settings(**_: Any) -> None:
    """Neither a worker nor beat starts with settings that fail a check."""
    from config.checks import require, settings_checks

    require(settings_checks())


@worker_init.connect
def register_subscriptions(sender: Any, **_: Any) -> None:
    """Register the subscriptions of this worker's queues, or do not start.

    Celery logs an exception raised here and goes on; only SystemExit ends the worker.
    """
    from django.db import Error, connection

    from bus.broker import keys
    from bus.store.limits import LimitsMissing, require_limits
    from bus.worker.patience import patiently
    from bus.worker.registration import register

    for queue in sender.app.amqp.queues.consume_from:
        try:
            patiently(partial(register, queue))
            patiently(keys.prefix)
            require_limits(connection)
        except LimitsMissing as error:
            raise SystemExit(f"worker: {error}") from None
        except Error as error:
            raise SystemExit(
                f"worker: the subscriptions of {queue} cannot be registered ({error}). Check that "
                "the database of DATABASE_URL runs and is migrated, and start the worker again."
            ) from None


@worker_init.connect
def leave_other_workers_alone(sender: Any, **_: Any) -> None:
    """Workers share nothing but the ledger, and mingling takes a second at each reconnection."""
    sender.options.update(without_mingle=True, without_gossip=True)


INSPECTION = {
    "active", "active_queues", "clock", "conf", "ping", "query_task", "registered", "reserved",
    "revoked", "scheduled", "stats",
}  # fmt: skip
"""The remote commands that a worker obeys: whoever reaches Redis may read, and change nothing.
Not *hello*, which also revokes tasks, and none that writes files or uses much memory."""

EXPECTED = {"enable_events", "heartbeat"}
"""Flower sends these every few seconds and at each connection; task events are on anyway."""


@worker_init.connect
def obey_inspection_alone(**_: Any) -> None:
    """Refuse every remote command but `INSPECTION`, with a line in the log."""
    for method in Panel.data.keys() - INSPECTION:
        Panel.data[method] = partial(_refuse_command, method)


def _refuse_command(method: str, *_: Any, **_arguments: Any) -> None:
    if method not in EXPECTED:
        log.warning("remote control: %s is refused; workers obey inspection commands alone", method)


@worker_process_init.connect
def collect_less_garbage(**_: Any) -> None:
    """In each process of the pool, which has inherited all that it imports."""
    process.collect_less_garbage()


class Consumer(CeleryConsumer):
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

    The file goes stale if the loop is stuck, or no longer consumes the queue.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        queues = list(consumer.app.amqp.queues.consume_from)

        def touch() -> None:
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
