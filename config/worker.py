"""What a Celery worker of the shop does besides working: checks, registration, a sign of life."""

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
from celery.worker.consumer import Consumer as CeleryConsumer
from django.conf import settings

from config.collecting import collect_less

ALIVE_EVERY = 10
"""Seconds between two touches of a worker's sign of life."""

TELL_EVERY = 0.5
"""Seconds at most that Flower waits for what happened to a task."""


@setup_logging.connect
def leave_logging_to_django(**_: Any) -> None:
    """Django's LOGGING stands; Celery would put a second format beside it."""


@celeryd_init.connect
def refuse_unsuitable_broker(**_: Any) -> None:
    """A worker does not start on a broker that loses messages in silence."""
    from bus import broker

    try:
        broker.check()
    except broker.UnsuitableBroker as error:
        raise SystemExit(f"worker: {error}") from None


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


@worker_process_init.connect
def collect_less_garbage(**_: Any) -> None:
    """In each process of the pool, which has inherited all that it will ever import."""
    collect_less()


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


class SignOfLife(bootsteps.StartStopStep):
    """Touches the worker's files from its event loop, so that a stuck loop goes stale."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        files = [alive_file(queue) for queue in consumer.app.amqp.queues.consume_from]

        def touch() -> None:
            for file in files:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()

        touch()
        self.timer = consumer.timer.call_repeatedly(ALIVE_EVERY, touch)

    def stop(self, _consumer: Any) -> None:
        self.timer.cancel()


current_app.steps["consumer"].add(SignOfLife)
