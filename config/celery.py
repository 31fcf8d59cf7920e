"""The Celery app: one queue for each Django app, with measured settings."""

import os
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from celery.schedules import crontab
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection

from bus import conf
from bus.broker.address import RedisAddress
from config import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
process.skip_checks_in_celery()
process.use_guarded_transport()


class BrokerConnection(Connection):
    """A connection that tries a lost broker every second; Celery waits up to 30 s by default."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        return super().ensure_connection(*args, interval_start=1, interval_max=1, **options)


class Amqp(AMQP):
    """Celery's messaging with our connection."""

    Connection = BrokerConnection


# Without a configured broker, `up` sets the address of the Redis that it starts.
try:
    address = RedisAddress.read(url) if (url := conf.redis_url()) else RedisAddress()
except ImproperlyConfigured as error:
    raise SystemExit(f"The settings cannot be used: {error}") from None

app = Celery("shop", amqp=Amqp)
app.conf.update(
    broker_url=address.kombu_url(),
    broker_use_ssl=address.tls_options(),
    # The ledger is the result; a result backend grows and leaks.
    task_ignore_result=True,
    # A pickle message is refused.
    accept_content=["json"],
    task_serializer="json",
    # A message that was not started is redelivered soon; one that was is fenced by its token.
    task_acks_late=True,
    task_reject_on_worker_lost=False,
    # The ledger retries; unacknowledged, a failing message would loop for ever.
    task_acks_on_failure=True,
    task_acks_on_timeout=True,
    # A batch is one message.
    worker_prefetch_multiplier=1,
    worker_concurrency=settings.WORKER_CONCURRENCY,
    # In KiB. A process of the pool that has used more is replaced after its task: its heap is
    # fragmented, and after a MemoryError its state is unknown.
    worker_max_memory_per_child=settings.WORKER_MAX_MEMORY_MB * 1024,
    # A running task may commit, connection or not.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    # With REMAP_SIGTERM=SIGQUIT in its environment, a worker that gets SIGTERM finishes its running
    # tasks and, after these seconds, releases the rest. An idle one ends at once.
    worker_soft_shutdown_timeout=20,
    # By default workers give up after a while, or exit on READONLY and out-of-memory.
    broker_connection_max_retries=None,
    broker_connection_retry_on_startup=True,
    broker_channel_error_retry=True,
    # After a flush, Redis drops a publish through a named exchange without an error.
    task_create_missing_queues=False,
    # For Flower; `config.worker.Consumer` batches them.
    worker_send_task_events=True,
    worker_consumer="config.worker:Consumer",
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    # The tasks that beat sends are no handlers, so that no app imports them.
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
    # Redelivers what a dead worker had reserved; correctness does not depend on it.
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # With the defaults a half-open connection blocks a worker for minutes.
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 10,
}

from config import worker  # noqa: E402, F401 -- connects signals, and steps of the app above
