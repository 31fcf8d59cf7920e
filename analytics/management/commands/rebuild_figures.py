"""manage.py rebuild_figures: compute all figures again from the events."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics import services


class Command(BaseCommand):
    help = (
        "Compute all figures again from the events, print the differences and correct them."
        " Workers can keep running."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Only print the differences; exit 1 if any."
        )

    def handle(self, *, check: bool, **_options: Any) -> None:
        if not check:
            try:
                services.rebuild_figures(self.stdout.write)
            except services.AlreadyCorrected as error:
                raise CommandError(str(error)) from error
        elif found := services.compare_figures().differences:
            for difference in found:
                self.stdout.write(str(difference))
            raise CommandError(f"{len(found)} counters are wrong; run rebuild_figures.")
