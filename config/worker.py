"""What a Celery worker of the shop does besides working: checks, registration, a sign of life."""

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
from celery.worker import state
from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.control import Panel
from django.conf import settings

from config import process

log = logging.getLogger(__name__)

ALIVE_EVERY = 10
"""Seconds between two touches of a worker's sign of life."""

TELL_EVERY = 0.5
"""Seconds at most that Flower waits for what happened to a task."""


@setup_logging.connect
def leave_logging_to_django(**_: Any) -> None:
    """Django's LOGGING stands; Celery would put a second format beside it."""


@celeryd_init.connect
@beat_init.connect
def refuse_unsuitable_broker(**_: Any) -> None:
    """Neither starts on a broker that loses messages in silence, nor without one: Celery would
    take whatever listens on the usual port of this machine."""
    from bus import broker

    try:
        broker.check()
    except broker.UnsuitableBroker as error:
        raise SystemExit(f"The broker cannot be used: {error}") from None


@worker_init.connect
@beat_init.connect
def refuse_unsuitable_settings(**_: Any) -> None:
    """Neither a worker nor beat starts with settings that the shop cannot work with."""
    from config.checks import require, settings_checks

    require(settings_checks())


@worker_init.connect
def register_subscriptions(sender: Any, **_: Any) -> None:
    """Make the subscriptions of this worker's queues known to the relay, or do not start.

    Celery logs what is raised here and starts all the same; only an exit ends it.
    """
    from django.db import Error, connection

    from bus import keys
    from bus.limits import LimitsMissing, require_limits
    from bus.registration import register
    from bus.worker.patience import patiently

    for queue in sender.app.amqp.queues.consume_from:
        try:
            patiently(partial(register, queue))
            patiently(keys.prefix)
            require_limits(connection)
        except LimitsMissing as error:
            raise SystemExit(f"worker: {error}") from None
        except Error as error:
            raise SystemExit(
                f"worker: the subscriptions of {queue} cannot be registered; look whether the "
                f"database of DATABASE_URL runs and is migrated, and start again: {error}"
            ) from None


@worker_init.connect
def leave_other_workers_alone(sender: Any, **_: Any) -> None:
    """Workers share nothing but the ledger; asking around at each reconnection takes a second."""
    sender.options.update(without_mingle=True, without_gossip=True)


INSPECTION = {
    "active", "active_queues", "clock", "conf", "ping", "query_task", "registered", "reserved",
    "revoked", "scheduled", "stats",
}  # fmt: skip
"""The remote commands that a worker obeys: whoever reaches Redis may look, and change nothing.
Not *hello*, which revokes tasks in passing, and none that writes files or moves much memory."""

EXPECTED = {"enable_events", "heartbeat"}
"""Sent by Flower every few seconds and at each of its connections; events are on already."""


@worker_init.connect
def obey_inspection_alone(**_: Any) -> None:
    """Refuse every other remote command, with a line in the log."""
    for method in Panel.data.keys() - INSPECTION:
        Panel.data[method] = partial(_refuse_command, method)


def _refuse_command(method: str, *_: Any, **_arguments: Any) -> None:
    if method not in EXPECTED:
        log.warning("remote control: %s is refused; workers obey inspection alone", method)


@worker_process_init.connect
def collect_less_garbage(**_: Any) -> None:
    """In each process of the pool, which has inherited all that it will ever import."""
    process.collect_less_garbage()


class Consumer(CeleryConsumer):
    """Tells Flower of what happened to tasks in one message for many, instead of two for each."""

    _telling: Any = None

    def on_send_event_buffered(self) -> None:
        if self._telling is None:
            self._telling = self.timer.call_after(TELL_EVERY, self._flush_events)

    def _flush_events(self) -> None:
        self._telling = None
        super()._flush_events()

    def shutdown(self) -> None:
        self._flush_events()
        super().shutdown()


def alive_file(queue: str) -> Path:
    """Touched every `ALIVE_EVERY` seconds while the worker of that queue takes messages."""
    return Path(settings.VAR_DIR) / "run" / f"worker-{queue}.alive"


def consumes(consumer: Any, queue: str) -> bool:
    """Whether messages of the queue are asked for on the connection that the worker has now."""
    tasks = consumer.task_consumer
    if tasks is None or not tasks.consuming_from(queue):
        return False
    return queue in getattr(tasks.channel, "active_queues", {queue})


def is_stopping() -> bool:
    """Whether the worker was told to end: it takes nothing more then, and finishes what runs."""
    # As Celery asks: the exit code that ends it may be 0.
    told = (state.should_stop, state.should_terminate)
    return any(code is not None and code is not False for code in told)


class SignOfLife(bootsteps.StartStopStep):
    """Touches the worker's files from its event loop, so that a stuck loop goes stale, and so does
    one that no longer consumes its queue.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        queues = list(consumer.app.amqp.queues.consume_from)

        def touch() -> None:
            for queue in queues:
                if not consumes(consumer, queue):
                    if not is_stopping():
                        log.error("The queue %s is consumed no more; restart this worker.", queue)
                    continue
                file = alive_file(queue)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()

        # As soon as the loop runs: consuming begins there.
        consumer.timer.call_after(0, touch)
        self.timer = consumer.timer.call_repeatedly(ALIVE_EVERY, touch)

    def stop(self, _consumer: Any) -> None:
        self.timer.cancel()


current_app.steps["consumer"].add(SignOfLife)
