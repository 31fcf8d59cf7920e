"""The Celery app: one queue per app, and the settings that were measured for them."""

import os
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from celery.schedules import crontab
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection

from bus.address import RedisAddress
from config import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
process.skip_checks_in_celery()
process.use_guarded_transport()


class BrokerConnection(Connection):
    """A connection that finds a lost broker again within a second."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        # By itself Celery waits for up to 30 s.
        return super().ensure_connection(*args, interval_start=1, interval_max=1, **options)


class Wires(AMQP):
    Connection = BrokerConnection


# The shop's own Redis has no address yet when this is read.
try:
    address = RedisAddress.read(settings.BROKER_URL) if settings.BROKER_URL else RedisAddress()
except ImproperlyConfigured as error:
    raise SystemExit(f"The settings cannot be used: {error}") from None

app = Celery("shop", amqp=Wires)
app.conf.update(
    broker_url=address.kombu_url(),
    broker_use_ssl=address.tls_options(),
    # The ledger is the result; a result backend grows and leaks.
    task_ignore_result=True,
    # A pickle message is refused.
    accept_content=["json"],
    task_serializer="json",
    # What was not started comes again quickly; what was started is fenced by its token.
    task_acks_late=True,
    task_reject_on_worker_lost=False,
    # The ledger tries again; otherwise a failing message loops without end.
    task_acks_on_failure=True,
    task_acks_on_timeout=True,
    # A batch is one message.
    worker_prefetch_multiplier=1,
    worker_concurrency=settings.WORKER_CONCURRENCY,
    # A process of the pool that has ever needed more is replaced after its task: its heap is
    # full of holes, and after a MemoryError nobody knows what else is missing. In KiB.
    worker_max_memory_per_child=settings.WORKER_MAX_MEMORY_MB * 1024,
    # A running task may commit, connection or not.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    # With REMAP_SIGTERM=SIGQUIT in its environment a worker that is told to stop finishes what
    # runs, and gives back what does not end in this time. An idle one ends at once.
    worker_soft_shutdown_timeout=20,
    # Otherwise workers give up after a while, or exit on READONLY and out-of-memory.
    broker_connection_max_retries=None,
    broker_connection_retry_on_startup=True,
    broker_channel_error_retry=True,
    # After a flush, a publish through a named exchange is thrown away in silence.
    task_create_missing_queues=False,
    # Of each message, for Flower; see there how often.
    worker_send_task_events=True,
    worker_consumer="config.worker:Consumer",
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    # What beat asks for is no room's handler, so nobody else would load it.
    imports=["config.nightly"],
    beat_schedule_filename=str(settings.VAR_DIR / "beat"),
    beat_schedule={
        "audit at night": {
            "task": "config.nightly.audit",
            "schedule": crontab(hour="3", minute="17"),
            "options": {"queue": "analytics"},
        },
        "prune at night": {
            "task": "config.nightly.prune",
            "schedule": crontab(hour="4", minute="17"),
            "options": {"queue": "analytics"},
        },
    },
    timezone=settings.TIME_ZONE,
    CELERY_DB_REUSE_MAX=10_000,
)
app.conf.broker_transport_options = {
    # Recovery of what a dead worker held; correctness does not rest on it.
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # With the defaults a half-open connection wedges a worker for minutes.
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 10,
}

from config import worker  # noqa: E402, F401 -- connects the worker's signals to the app above
