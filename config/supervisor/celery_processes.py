"""The relay, the workers and beat, each run in the process that calls it."""

import logging
import os
import warnings
from typing import Any

from django.conf import settings
from django.core.management import call_command

from config.supervisor.spawn import die_with


def run_relay() -> None:
    """Move due deliveries into Redis until SIGTERM."""
    call_command("relay")


def run_worker(queue: str) -> None:
    """Work on one queue; SIGTERM ends it once its running tasks have ended, within 20 s."""
    from celery.platforms import SecurityWarning
    from celery.signals import worker_process_init

    from config.celery import app

    worker_process_init.connect(_die_with_worker, weak=False)
    # Redis stops with the workers here: with nothing running there is nothing to wait for.
    app.conf.worker_enable_soft_shutdown_on_idle = False
    warnings.filterwarnings("ignore", category=SecurityWarning)
    # A message is told when it is done, not also when it comes.
    logging.getLogger("celery.worker.strategy").setLevel(logging.WARNING)
    _celery("worker", "--queues", queue, "--hostname", f"{queue}@%h", "--loglevel", "INFO")


def worker_is_ready(queue: str) -> bool:
    """Workers touch a file from the moment on at which they consume their queue."""
    from config.worker import alive_file

    return alive_file(queue).exists()


def run_beat() -> None:
    """Send the scheduled tasks until SIGTERM; remembers under ``VAR_DIR`` when it sent them."""
    _celery(
        "beat",
        "--loglevel",
        "WARNING",
        "--pidfile",
        "",
        "--schedule",
        str(settings.VAR_DIR / "beat"),
    )


def _die_with_worker(**_kwargs: Any) -> None:
    """A pool process does not outlive its worker, even if that is killed."""
    die_with(os.getppid())


def _celery(*arguments: str) -> None:
    from config.celery import app

    app.start(["--quiet", *arguments])
