"""`manage.py contract`: write what the events look like, or check that the code keeps to it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bus.contract import Contract, event_types
from bus.handlers import declared


class Command(BaseCommand):
    help = (
        "Write the contract: an AsyncAPI 3 document, and a JSON Schema for each event and version. "
        "An incompatible change to a published version is refused, and nothing is written."
    )

    # It reads declarations alone: neither the database nor the broker has to be there.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder",
            nargs="?",
            type=Path,
            default=Path("docs/contract"),
            help="With schemas/, samples/ and asyncapi.json; by default docs/contract.",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="Write nothing; exit code 1 if a file is not as the code would write it.",
        )

    def handle(self, *_args: Any, folder: Path, check: bool, **_options: Any) -> None:
        handlers = [handler for handler in declared() if not handler.queue.optional]
        contract = Contract(folder, event_types(), handlers)
        try:
            if faults := contract.faults():
                raise CommandError("\n".join(faults))
            changed = contract.stale() if check else contract.write()
        except ValueError as error:
            raise CommandError(str(error)) from error
        names = "\n".join(map(str, changed))
        if check and changed:
            raise CommandError(f"Not as the code says; run manage.py contract:\n{names}")
        self.stdout.write(names or f"{folder} is as the code says.")
