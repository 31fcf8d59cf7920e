"""Runs the whole shop in the foreground."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.local.programs import all_programs
from config.local.startup import run_shop
from config.local.supervisor import CannotRun


class Command(BaseCommand):
    help = "Starts every process of the shop, prints the addresses, and stops all at Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only", metavar="NAME", help="run this process alone, without a supervisor"
        )
        parser.add_argument(
            "--without",
            metavar="NAME",
            action="append",
            default=[],
            help="do not start this process",
        )

    def handle(self, *_args: Any, only: str | None, without: list[str], **_options: Any) -> None:
        names = [program.name for program in all_programs()]
        for name in filter(None, [only, *without]):
            if name not in names:
                raise CommandError(f"There is no process {name!r}; choose from {', '.join(names)}.")
        if only:
            next(program.run for program in all_programs() if program.name == only)()
            return
        try:
            run_shop(without)
        except CannotRun as error:
            raise CommandError(str(error)) from error
