"""The Celery app: the bus's configuration, and what the shop adds to it."""

import os

from celery import Celery
from celery.schedules import crontab
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from bus.celery import configure
from config import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
process.skip_checks_in_celery()


app = Celery("shop")

# Before `configure`: a worker checks its settings first, and registers its subscriptions then.
from config import worker  # noqa: E402, F401 -- connects signals, and steps of the app above

try:
    configure(app)
except ImproperlyConfigured as error:
    raise SystemExit(f"The settings cannot be used: {error}") from None
# The command `celery` takes BROKER_URL for an option of its own, in kombu's spelling. So what this
# process starts finds our spelling under the other name of the same setting.
if url := os.environ.pop("BROKER_URL", ""):
    os.environ["REDIS_URL"] = url
app.conf.update(
    worker_concurrency=settings.WORKER_CONCURRENCY,
    # In KiB. A process of the pool that has used more is replaced after its task: its heap is
    # fragmented, and after a MemoryError its state is unknown.
    worker_max_memory_per_child=settings.WORKER_MAX_MEMORY_MB * 1024,
    # For Flower; `config.worker.Consumer` batches them.
    worker_send_task_events=settings.WITH_FLOWER,
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
)
