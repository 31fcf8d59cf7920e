"""The relay, the workers and beat, or what stands in for them, each run in this process."""

import os
import warnings
from typing import Any

from django.core.management import call_command

from config.local.readiness import work_file
from config.local.spawn import die_with


def run_relay() -> None:
    """Run the relay until SIGTERM."""
    call_command("relay")


def run_work() -> None:
    """Handle all deliveries without a broker until SIGTERM."""
    call_command("work", touch=work_file())


def run_worker(queue: str) -> None:
    """Run the worker of one queue; after SIGINT it finishes its running tasks and ends."""
    from celery.platforms import SecurityWarning
    from celery.signals import worker_process_init

    worker_process_init.connect(_die_with_worker, weak=False)
    warnings.filterwarnings("ignore", category=SecurityWarning)
    _celery("worker", "--queues", queue, "--hostname", f"{queue}@%h")


def run_beat() -> None:
    """Send scheduled tasks until SIGTERM; keeps in VAR_DIR when it last sent each."""
    _celery("beat")


def _die_with_worker(**_kwargs: Any) -> None:
    """Let no process of the pool outlive its worker, even one that is killed."""
    die_with(os.getppid())


def _celery(*arguments: str) -> None:
    from config.celery import app

    app.start(["--quiet", *arguments])
