"""manage.py rebuild_figures: work out all figures again from the events."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics import services


class Command(BaseCommand):
    help = (
        "Work out all figures again from the events, print what differs and put it right."
        " Workers may go on meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; exit 1 if something differs."
        )

    def handle(self, *, check: bool, **_options: Any) -> None:
        if not check:
            try:
                services.rebuild_figures(self.stdout.write)
            except services.AlreadyCorrected as error:
                raise CommandError(str(error)) from error
        elif found := services.compare_figures(self.stdout.write).differences:
            for difference in found:
                self.stdout.write(str(difference))
            raise CommandError(f"{len(found)} counters are wrong; run rebuild_figures.")
