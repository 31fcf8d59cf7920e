"""`manage.py audit`: do the rows of every room agree with the events?"""

from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from bus.audit import checks


class Command(BaseCommand):
    help = "Run every check of every room. Exit code 1 if one finds something."

    def handle(self, *_args: Any, **_options: Any) -> None:
        width = None if self.stdout.isatty() else 200
        console = Console(file=cast(IO[str], self.stdout), width=width)
        summary = Table("rule", "findings", box=None)
        details = Table("rule", "what", "is wrong", box=None)
        total = 0
        for rule, check in checks().items():
            findings = list(check())
            total += len(findings)
            summary.add_row(rule, str(len(findings)) if findings else "none")
            for finding in findings:
                details.add_row(rule, finding.subject, finding.what)
        console.print(summary)
        if total:
            console.print(details)
            raise SystemExit(1)
