"""`manage.py work`: handle all deliveries straight from the ledger, without a broker."""

import os
import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from functools import partial
from pathlib import Path
from socket import gethostname
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection

from bus import conf, handlers, metrics
from bus.checks import TAG
from bus.store.limits import LimitsMissing, require_limits
from bus.work.loop import WorkLoop
from bus.work.pool import Pool
from bus.work.signs import Signs
from bus.worker.errors import retry_on_trouble
from bus.worker.registration import register

MOST_PROCESSES = 200


class Command(BaseCommand):
    help = (
        "Fan out events and handle due deliveries, several at a time, until stopped. It needs no "
        "broker, and stands in for relay, workers and beat."
    )
    # The settings' checks only: the others would load every page.
    requires_system_checks = (TAG,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queues", type=_names, default=(), metavar="NAMES",
            help="Of these queues alone, separated by commas. Default: all of this project.",
        )  # fmt: skip
        parser.add_argument(
            "--processes", type=_processes, metavar="N",
            help="How many deliveries or batches at a time. Default: Celery's worker_concurrency, "
            "or the number of CPUs.",
        )  # fmt: skip
        parser.add_argument(
            "--touch", type=Path, metavar="FILE",
            help="Touch this file every five seconds while the loop runs, for a health check.",
        )  # fmt: skip

    def handle(self, *_args: Any, **options: Any) -> None:
        if conf.has_broker():
            raise CommandError(
                f"{conf.name('BUS_REDIS_URL')} names a broker, so a relay and workers handle the "
                "deliveries. Unset it to work without a broker."
            )
        queues = _known(options["queues"])
        _register(queues)
        size = options["processes"] or current_app.conf.worker_concurrency or os.cpu_count() or 1
        name = f"{'-'.join(options['queues']) or 'work'}@{gethostname()}"
        signs = Signs(name, queues, size, options["touch"])
        metrics.start(queues=queues)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        WorkLoop(Pool(size), queues, signs).run(stop)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _processes(text: str) -> int:
    """A number of processes.

    Raises:
        ArgumentTypeError: it is no number, or out of range.
    """
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_PROCESSES:
        raise ArgumentTypeError(f"{text!r} must be a whole number from 1 to {MOST_PROCESSES}.")
    return int(text)


def _known(asked: tuple[str, ...]) -> list[str]:
    """The queues to work on.

    Raises:
        CommandError: one is declared by no app, or there is none.
    """
    declared = sorted({handler.queue.name for handler in handlers.declared()})
    if not declared:
        raise CommandError("No app of INSTALLED_APPS subscribes a handler in its tasks.py.")
    for name in asked:
        if name not in declared:
            raise CommandError(
                f"--queues names {name!r}, and no app of INSTALLED_APPS has such a queue. The "
                f"queues are {', '.join(declared)}."
            )
    return sorted(asked) or declared


def _register(queues: list[str]) -> None:
    """Register the subscriptions of these queues.

    Raises:
        CommandError: the database does not answer, is not migrated, or sets no limits.
    """
    try:
        for queue in queues:
            retry_on_trouble(partial(register, queue))
        require_limits(connection)
    except LimitsMissing as error:
        raise CommandError(str(error)) from error
    except Error as error:
        raise CommandError(
            f"The subscriptions cannot be registered ({error}). Check that the database of "
            f"{conf.name('DATABASES')} runs and is migrated."
        ) from error
