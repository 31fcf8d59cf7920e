"""Checks what a start of the shop needs, and says how to fix what is missing."""

from typing import Any

from django.core.management.base import BaseCommand
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.checks.check import Check
from config.local.checks import all_checks


class Command(BaseCommand):
    help = "Checks what a start of the shop needs; exit code 1 if something is missing."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        checks = list(all_checks(may_run=True))
        width = None if self.stdout.isatty() else 140
        Console(file=self.stdout, highlight=False, width=width).print(_table(checks))
        if any(check.fails for check in checks):
            self.stderr.write("The shop cannot start. The last column says what to change.")
            raise SystemExit(1)
        self.stdout.write("The shop can start.")


def _table(checks: list[Check]) -> Table:
    table = Table(box=box.SIMPLE)
    for title in ("", "What", "State", "Why", "Fix"):
        table.add_column(title, overflow="fold")
    for check in checks:
        mark = "[red]no[/]" if check.fails else "[yellow]--[/]" if check.fix else "[green]ok[/]"
        table.add_row(mark, *map(Text, (check.what, check.state, check.why, check.fix)))
    return table
