"""`manage.py audit`: compare the rows of every app with the events."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bus.audit import Finding, Operator, keep, repair, run_checks, violations
from bus.management.arguments import ask_who_and_why

Found = Mapping[str, list[Finding]]

WIDTH = 100
"""Columns, if the output is no terminal."""


class Command(BaseCommand):
    help = (
        "Run every check of every app. Exit code 1 if one finds something or fails; with --repair, "
        "if something is left that needs a person. A check that cannot be made from this machine "
        "says so."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="Repair what rows and events prove; the rest is listed with what to do.",
        )
        ask_who_and_why(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        width = None if self.stdout.isatty() else WIDTH
        self.console = Console(
            file=cast(IO[str], self.stdout), width=width, no_color=options["no_color"] or None
        )
        found = run_checks()
        self._summarise(found)
        self._show(found, "audit --repair repairs it")
        if options["repair"] and any(found.values()):
            self._repair(found, Operator(options["by"], options["why"]))
            found = run_checks()
            self._show(found, "It could not be repaired; correct it by hand.", "left: ")
            if not any(found.values()):
                self.console.print("\nNothing is left to repair.")
        keep(found)
        if any(violations(findings) for findings in found.values()):
            raise SystemExit(1)

    def _summarise(self, found: Found) -> None:
        table = Table("rule", "findings", box=None)
        for rule, findings in found.items():
            count = len(violations(findings))
            table.add_row(rule, str(count) if count else "not seen" if findings else "none")
        self.console.print(table)

    def _show(self, found: Found, otherwise: str, title: str = "") -> None:
        """A table for each rule with findings, all with the same widths of columns."""
        for rule, findings in found.items():
            rows = [(one.subject, one.what, one.asks or otherwise) for one in findings]
            self._print(f"{title}{rule}", rows, "is wrong", "what to do")

    def _repair(self, found: Found, operator: Operator) -> None:
        repaired: dict[str, list[tuple[str, ...]]] = {}
        for one in repair(found, operator):
            repaired.setdefault(one.rule, []).append((one.subject, one.done))
        for rule, rows in repaired.items():
            self._print(f"repaired: {rule}", rows, "was done")

    def _print(self, title: str, rows: Sequence[tuple[str, ...]], *columns: str) -> None:
        if not rows:
            return
        table = Table(box=None, title=f"\n{title}", title_justify="left", expand=True)
        table.add_column("subject", width=27, overflow="fold")
        for column in columns:
            table.add_column(column, ratio=1, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        self.console.print(table)
