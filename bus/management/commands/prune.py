"""`manage.py prune`: let the ledger forget what was done long ago."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize

from bus.management.arguments import ask_who_and_why
from bus.management.progress import count_up
from bus.ops import Refused, counted
from bus.ops.retention import KEPT, prune


class Command(BaseCommand):
    help = "Remove deliveries that were done or discarded long ago. Events and effects stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than",
            type=int,
            default=KEPT.days,
            metavar="DAYS",
            help="Days to keep. A backfill of before then is refused afterwards: what was done "
            "cannot be told any more.",
        )
        ask_who_and_why(parser)

    def handle(self, *_args: Any, older_than: int, by: str, why: str, **_options: Any) -> None:
        try:
            steps = prune(timedelta(days=older_than), by=by, why=why)
            total = count_up(self.stdout, steps, "deliveries removed")
        except Refused as error:
            raise CommandError(str(error)) from error
        except OverflowError as error:
            raise CommandError(f"{older_than} days is no age; no calendar has them.") from error
        age = f"more than {older_than} day{pluralize(older_than)} ago"
        self.stdout.write(f"{counted(total)} removed that were done or discarded {age}")
