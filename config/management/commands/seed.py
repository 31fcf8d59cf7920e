"""Fill an empty shop with demo goods, or take them off sale again."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo.seeding import seed, take_off_sale


class Command(BaseCommand):
    help = "Adds the demo goods that are missing, with their stock. Safe to repeat."
    # The way out of a check that fails must be open.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="take them off sale instead")

    def handle(self, *_args: Any, remove: bool, **_options: Any) -> None:
        if remove:
            self.stdout.write(f"{take_off_sale()} demo goods are no longer on sale.")
            return
        if not settings.DEBUG:
            raise CommandError(
                "Demo goods are for a laptop, and DEBUG is 0: add products in the admin, or set "
                "DEBUG=1."
            )
        added = seed()
        self.stdout.write(
            f"{len(added)} products added, with stock." if added else "Nothing to add."
        )
