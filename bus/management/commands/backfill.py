"""`manage.py backfill`: give a subscription the events from before it was there."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from bus.backfill import backfill
from bus.operations import Refused


class Command(BaseCommand):
    help = "Owe a subscription the events of its type since a date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subscription", help="Its name, as manage.py subscriptions shows it.")
        parser.add_argument("--since", required=True, help="2026-01-31, or an instant (ISO 8601).")
        parser.add_argument("--rate", type=int, default=50, help="Deliveries due each second.")
        parser.add_argument("--by", default="command line", help="Who asks for it.")
        parser.add_argument("--why", default="", help="The reason, for the record.")

    def handle(self, *_args: Any, subscription: str, since: str, **options: Any) -> None:
        total = 0
        try:
            for count in backfill(
                subscription,
                since=_instant(since),
                rate=options["rate"],
                by=options["by"],
                why=options["why"],
            ):
                total += count
                if self.stdout.isatty():
                    self.stdout.write(f"\r{total} deliveries owed", ending="")
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"\r{total} deliveries owed to {subscription}")


def _instant(text: str) -> datetime:
    try:
        instant = parse_datetime(text)
        if instant is None and (day := parse_date(text)):
            instant = datetime(day.year, day.month, day.day)  # noqa: DTZ001 -- made aware below
    except ValueError:
        instant = None
    if instant is None:
        raise CommandError(f"--since {text!r} is no date; write it like 2026-01-31.")
    return instant if timezone.is_aware(instant) else timezone.make_aware(instant)
