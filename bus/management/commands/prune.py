"""`manage.py prune`: delete old deliveries that are done or discarded."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize

from bus.management.arguments import ask_who_and_why
from bus.management.progress import count_up
from bus.ops import Refused, counted
from bus.ops.retention import KEPT, OLDEST, prune


class Command(BaseCommand):
    help = "Delete deliveries that were done or discarded long ago. Events and effects stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than",
            type=int,
            default=KEPT.days,
            metavar="DAYS",
            help="Days to keep. A backfill from before them is refused afterwards: the ledger no "
            "longer has what was done.",
        )
        ask_who_and_why(parser)

    def handle(self, *_args: Any, older_than: int, by: str, why: str, **_options: Any) -> None:
        try:
            steps = prune(timedelta(days=older_than), by=by, why=why)
            total = count_up(self.stdout, steps, "deliveries deleted")
        except Refused as error:
            raise CommandError(str(error)) from error
        except OverflowError as error:
            raise CommandError(
                f"The age is {older_than} days; it must be between 0 and {OLDEST.days} days."
            ) from error
        age = f"more than {older_than} day{pluralize(older_than)} ago"
        self.stdout.write(f"{counted(total)} deleted that were done or discarded {age}")
