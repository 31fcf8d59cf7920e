"""Adds the demo goods, or takes them off sale."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo.seeding import seed, take_off_sale


class Command(BaseCommand):
    help = "Adds the demo goods that are missing, with stock. Safe to repeat."
    # `seed --remove` is the way out of a failing check, so no check may refuse it.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--remove", action="store_true", help="take the demo goods off sale instead"
        )

    def handle(self, *_args: Any, remove: bool, **_options: Any) -> None:
        if remove:
            self.stdout.write(f"{take_off_sale()} demo goods are no longer on sale.")
            return
        if not settings.DEBUG:
            raise CommandError(
                "Demo goods are not sold while DEBUG is 0. Add products in the admin, or set "
                "DEBUG=1 on a laptop."
            )
        added = seed()
        self.stdout.write(
            f"{len(added)} products added, with stock." if added else "Nothing to add."
        )
