"""`manage.py relay`: fan out events and send due deliveries."""

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from bus import metrics
from bus.broker import server
from bus.checks import TAG
from bus.management.arguments import ask_who_and_why
from bus.models import State
from bus.ops import count_on, counted, record
from bus.ops.subscriptions import waiting_for_a_person
from bus.relay.drain import drain
from bus.relay.loop import Relay
from bus.store.limits import LimitsMissing, require_limits


class Command(BaseCommand):
    help = "Fan out events and send due deliveries to the broker, until stopped."
    # The settings' checks only: the others would load every page.
    requires_system_checks = (TAG,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--drain",
            action="store_true",
            help="Handle all due deliveries in this process, without a broker, and exit.",
        )
        parser.add_argument(
            "--touch",
            type=Path,
            metavar="FILE",
            help="Touch this file whenever the ledger's database has a sign of life: for a health "
            "check.",
        )
        ask_who_and_why(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["drain"]:
            self._drain(options["by"], options["why"])
            return
        try:
            server.check()
            require_limits(connection)
        except (server.UnsuitableBroker, LimitsMissing) as error:
            raise CommandError(str(error)) from error
        metrics.start()
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Relay(options["touch"]).run(stop)

    def _drain(self, by: str, why: str) -> None:
        action = record(by, "drain", "all due deliveries", count=0, why=why)
        messages = dead = 0
        for task, outcome in drain():
            messages += 1
            dead += outcome.states[State.DEAD]
            count_on(action, outcome.states[State.DONE])
            self.stdout.write(f"{task}: {outcome}")
        if not messages:
            self.stdout.write("Nothing is due.")
        for sentence in waiting_for_a_person():
            self.stdout.write(sentence)
        if dead:
            raise CommandError(
                f"{counted(dead)} failed for good; see manage.py deliveries --state dead."
            )
