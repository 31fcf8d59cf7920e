"""`manage.py deliveries`: list deliveries, deliver them again, or discard them."""

from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils.timezone import localtime
from rich.console import Console
from rich.table import Table

from bus import ops
from bus.management.arguments import ask_who_and_why, instant, number
from bus.models import Delivery, State
from bus.ops import Filter, Selection

SHOWN = 50
"""Most rows of the table; the newest deliveries."""

LONGEST_ERROR = 120
NOTHING = "No delivery matches."
FILTERS = ("subscription", "queue", "state", "stream", "since", "until")


class Command(BaseCommand):
    help = "List deliveries; deliver them again, or discard them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=number, help="Ids of deliveries.")
        parser.add_argument("--subscription", default="", metavar="NAME")
        parser.add_argument("--queue", default="", metavar="NAME")
        parser.add_argument("--state", default="", choices=State.values)
        parser.add_argument("--stream", default="", help="For example SO-100001.")
        parser.add_argument("--since", type=instant, help="Time of the event: 2026-01-31, or ISO.")
        parser.add_argument("--until", type=instant, help="The same; events before it.")
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--again", action="store_true", help="Deliver those that match again.")
        act.add_argument(
            "--discard", action="store_true", help="End them without their effect; needs --why."
        )
        parser.add_argument(
            "--finished",
            action="store_true",
            help="With --again: done and discarded ones as well. External effects are repeated.",
        )
        ask_who_and_why(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        wanted = Filter(tuple(options["ids"]), **{name: options[name] for name in FILTERS})
        try:
            if options["again"]:
                also = {"finished": options["finished"]}
                self._act(ops.deliver_again, "due again", wanted, options, **also)
            elif options["discard"]:
                self._act(ops.discard, "discarded", wanted, options)
            else:
                self._show(wanted)
        except ops.Refused as error:
            raise CommandError(str(error)) from error

    def _act(
        self, operation: Any, done: str, wanted: Filter, options: dict[str, Any], **also: bool
    ) -> None:
        if not wanted:
            raise CommandError(
                "No filter is given, and all deliveries would change. Give ids, or "
                f"{', '.join(f'--{name}' for name in FILTERS)}."
            )
        chosen = Selection.matching(wanted)
        if not chosen:
            # An unknown id or stream is an error; that no delivery is in a state is none.
            if wanted.ids or wanted.stream:
                raise CommandError(NOTHING)
            self.stdout.write(NOTHING)
            return
        left = ops.left_by(operation, chosen, **also)
        count = operation(chosen, by=options["by"], why=options["why"], **also)
        answer = f"{count} of {len(chosen)} {done}: {wanted}{f' ({left})' if left else ''}"
        if not count:
            raise CommandError(answer)
        self.stdout.write(answer)

    def _show(self, wanted: Filter) -> None:
        rows, total = self._newest(wanted)
        table = Table("id", "handler", "stream", "state", "attempts", "event at", "error", box=None)
        for row in rows.order_by("-pk").select_related("event", "subscription")[:SHOWN]:
            at = f"{localtime(row.event.at):%Y-%m-%d %H:%M:%S}"
            error = "".join(row.error.strip().splitlines()[-1:])[:LONGEST_ERROR]
            name = row.subscription.name
            table.add_row(str(row.pk), name, row.stream, row.state, str(row.attempts), at, error)
        # Without a terminal wider than the default, so that no name is cut.
        width = None if self.stdout.isatty() else 200
        # No markup: an error may contain brackets.
        Console(file=cast(IO[str], self.stdout), width=width, markup=False).print(table)
        newest_of = f"the newest {SHOWN} of " if total > SHOWN else ""
        self.stdout.write(f"{newest_of}{ops.counted(total)}")

    def _newest(self, wanted: Filter) -> tuple[QuerySet[Delivery], int]:
        everything = Delivery.objects.all()
        if not wanted:
            return everything, everything.count()
        chosen = Selection.matching(wanted)
        return everything.filter(pk__in=chosen.ids[-SHOWN:]), len(chosen)
