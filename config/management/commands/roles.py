"""Creates the predefined groups of staff."""

from typing import Any

from django.core.management.base import BaseCommand

from config.roles import ROLES, add_missing_groups


class Command(BaseCommand):
    help = f"Creates the groups of staff that are missing ({', '.join(ROLES)}). Safe to repeat."

    def handle(self, *_args: Any, **_options: Any) -> None:
        added = add_missing_groups()
        self.stdout.write(f"Added: {', '.join(added)}." if added else "Nothing to add.")
