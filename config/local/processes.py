"""The relay, the workers and beat, each run in the process that calls it."""

import os
import warnings
from typing import Any

from django.core.management import call_command

from config.local.spawn import die_with


def run_relay() -> None:
    """Move due deliveries into Redis until SIGTERM."""
    call_command("relay")


def run_worker(queue: str) -> None:
    """Work on one queue; SIGINT ends it once its running tasks have ended."""
    from celery.platforms import SecurityWarning
    from celery.signals import worker_process_init

    worker_process_init.connect(_die_with_worker, weak=False)
    warnings.filterwarnings("ignore", category=SecurityWarning)
    _celery("worker", "--queues", queue, "--hostname", f"{queue}@%h")


def run_beat() -> None:
    """Send the scheduled tasks until SIGTERM; remembers under ``VAR_DIR`` when it sent them."""
    _celery("beat")


def _die_with_worker(**_kwargs: Any) -> None:
    """A pool process does not outlive its worker, even if that is killed."""
    die_with(os.getppid())


def _celery(*arguments: str) -> None:
    from config.celery import app

    app.start(["--quiet", *arguments])
