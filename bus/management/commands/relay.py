"""`manage.py relay`: move events into the ledger and due deliveries into the broker."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bus import broker


class Command(BaseCommand):
    help = "Move events into the ledger and due deliveries into the broker, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--drain",
            action="store_true",
            help="Work all that is due in this process, without a broker, and end.",
        )

    def handle(self, *_args: Any, drain: bool, **_options: Any) -> None:
        if drain:
            self._drain()
            return
        # Only here: Celery's messaging is not needed to drain.
        from bus.relay.loop import Relay

        try:
            broker.check()
        except broker.UnsuitableBroker as error:
            raise CommandError(str(error)) from error
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Relay().run(stop)

    def _drain(self) -> None:
        from bus.models import State
        from bus.relay.drain import drain

        messages = dead = 0
        for task, outcome in drain():
            messages += 1
            dead += outcome.states[State.DEAD]
            self.stdout.write(f"{task}: {outcome}")
        if not messages:
            self.stdout.write("Nothing is due.")
        if dead:
            raise CommandError(f"{dead} deliveries died; see manage.py deliveries --state dead.")
