"""`manage.py failures`: open deliveries that have failed, in groups."""

import json
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.timezone import localtime
from rich.console import Console
from rich.table import Table

from bus.failures import FailureGroup, dead_without_group, failure_groups

WIDTH = 200
"""Columns, if the output is no terminal."""

LONGEST_ERROR = 120


class Command(BaseCommand):
    help = (
        "Show failures in groups: by subscription, kind of error and place in the code. "
        "Exit code 1 if a delivery is dead."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="As one JSON object.")

    def handle(self, *_args: Any, **options: Any) -> None:
        groups = failure_groups()
        others = dead_without_group(groups)
        if options["json"]:
            found = {"groups": [_as_json(one) for one in groups], "dead_without_group": others}
            self.stdout.write(json.dumps(found, cls=DjangoJSONEncoder, indent=1))
        else:
            self._draw(groups, others)
        if others or any(one.dead for one in groups):
            raise SystemExit(1)

    def _draw(self, groups: list[FailureGroup], others: int) -> None:
        table = Table("failure", "handler", "kind", "place", "dead", "tried again", "last at",
                      "error", "note", box=None)  # fmt: skip
        for one in groups:
            at = f"{localtime(one.last_at):%Y-%m-%d %H:%M:%S}"
            counts = (str(one.dead), str(one.retrying))
            note = one.note.text if one.note else ""
            says = one.says[:LONGEST_ERROR]
            table.add_row(
                one.key, one.subscription, one.kind, one.last.frame, *counts, at, says, note
            )
        width = None if self.stdout.isatty() else WIDTH
        # No markup: an error may contain brackets.
        console = Console(file=cast(IO[str], self.stdout), width=width, markup=False)
        if groups:
            console.print(table)
        else:
            self.stdout.write("Nothing fails.")
        if others:
            self.stdout.write(f"{others} more died before failures were kept.")


def _as_json(group: FailureGroup) -> dict[str, Any]:
    return {
        "failure": group.key,
        "subscription": group.subscription,
        "queue": group.queue,
        "kind": group.last.kind,
        "frame": group.last.frame,
        "dead": group.dead,
        "retrying": group.retrying,
        "first_at": group.first_at,
        "last_at": group.last_at,
        "error": group.says,
        "note": group.note and group.note.text,
    }
