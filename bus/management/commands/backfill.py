"""`manage.py backfill`: deliver earlier events to a subscription."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bus.management.arguments import ask_who_and_why, instant
from bus.management.progress import count_up
from bus.ops import Refused, counted
from bus.ops.backfill import backfill


class Command(BaseCommand):
    help = "Insert deliveries of a subscription for the events of its type since a date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subscription", help="Its name, as manage.py subscriptions shows it.")
        parser.add_argument(
            "--since", required=True, type=instant, help="2026-01-31, or an instant (ISO 8601)."
        )
        parser.add_argument(
            "--rate", type=int, default=50, help="Deliveries that become due each second."
        )
        parser.add_argument(
            "--suppressed",
            action="store_true",
            help="Suppress mails and other effects outside the project, also of the "
            "events that follow.",
        )
        ask_who_and_why(parser)

    def handle(
        self, *_args: Any, subscription: str, since: datetime, rate: int, **options: Any
    ) -> None:
        asked = {name: options[name] for name in ("suppressed", "by", "why")}
        try:
            steps = backfill(subscription, since=since, rate=rate, **asked)
            total = count_up(self.stdout, steps, "deliveries inserted")
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{counted(total)} inserted for {subscription}")
