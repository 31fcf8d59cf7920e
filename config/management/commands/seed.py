"""Fill an empty shop with demo goods."""

from typing import Any

from django.core.management.base import BaseCommand

from config.demo.seeding import seed


class Command(BaseCommand):
    help = "Adds the demo goods that are missing, with their stock. Safe to repeat."

    def handle(self, *_args: Any, **_options: Any) -> None:
        added = seed()
        self.stdout.write(
            f"{len(added)} products added, with stock." if added else "Nothing to add."
        )
