"""`manage.py deliveries`: list deliveries, deliver them again, or discard them."""

import json
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterable
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils.timezone import localtime
from rich.console import Console
from rich.table import Table

from bus import ops
from bus.management.arguments import ask_who_and_why, instant, number
from bus.models import Delivery, FailedAttempt, State
from bus.ops import Filter, Selection

SHOWN = 50
"""Most rows of the table; the newest deliveries."""

LONGEST_ERROR = 120
NOTHING = "No delivery matches."
FILTERS = ("subscription", "queue", "state", "stream", "failure", "since", "until")


class Command(BaseCommand):
    help = "List deliveries; deliver them again, or discard them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=number, help="Ids of deliveries.")
        parser.add_argument("--subscription", default="", metavar="NAME")
        parser.add_argument("--queue", default="", metavar="NAME")
        parser.add_argument("--state", default="", choices=State.values)
        parser.add_argument("--stream", default="", help="For example SO-100001.")
        parser.add_argument(
            "--failure", default="", metavar="KEY", help="A group that manage.py failures shows."
        )
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
        act.add_argument(
            "--json", action="store_true", help="List them as JSON, with their failed attempts."
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
            elif options["json"]:
                self._write_json(wanted)
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
            error = _last_line(row.error)
            name = row.subscription.name
            table.add_row(str(row.pk), name, row.stream, row.state, str(row.attempts), at, error)
        self._print(table)
        if wanted.ids:
            self._show_failed_attempts(rows)
        newest_of = f"the newest {SHOWN} of " if total > SHOWN else ""
        self.stdout.write(f"{newest_of}{ops.counted(total)}")

    def _show_failed_attempts(self, rows: QuerySet[Delivery]) -> None:
        """Of deliveries that were given by their ids."""
        table = Table("delivery", "attempt", "at", "worker", "took", "place", "error", box=None)
        for one in _failed_attempts(rows):
            at = f"{localtime(one.at):%Y-%m-%d %H:%M:%S}"
            took = "" if one.lasted is None else f"{one.lasted.total_seconds():.3f} s"
            error = _last_line(one.text)
            columns = (one.delivery_id, one.number, at, one.worker, took, one.frame, error)
            table.add_row(*map(str, columns))
        if table.row_count:
            self.stdout.write("\nfailed attempts")
            self._print(table)

    def _print(self, table: Table) -> None:
        # Without a terminal wider than the default, so that no name is cut.
        width = None if self.stdout.isatty() else 200
        # No markup: an error may contain brackets.
        Console(file=cast(IO[str], self.stdout), width=width, markup=False).print(table)

    def _write_json(self, wanted: Filter) -> None:
        """The newest, at most `SHOWN`, with their failed attempts; instants in UTC."""
        rows, total = self._newest(wanted)
        shown = list(rows.order_by("-pk").select_related("event", "subscription")[:SHOWN])
        failed: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for one in _failed_attempts(shown):
            failed[one.delivery_id].append(
                {
                    "number": one.number,
                    "at": one.at,
                    "worker": one.worker,
                    "lasted": one.lasted and one.lasted.total_seconds(),
                    "kind": one.kind,
                    "frame": one.frame,
                    "text": one.text,
                }
            )
        deliveries = [
            {
                "id": row.pk,
                "subscription": row.subscription.name,
                "stream": row.stream,
                "state": row.state,
                "attempts": row.attempts,
                "event_at": row.event.at,
                "error": row.error,
                "failed_attempts": failed[row.pk],
            }
            for row in shown
        ]
        found = {"count": total, "deliveries": deliveries}
        self.stdout.write(json.dumps(found, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False))

    def _newest(self, wanted: Filter) -> tuple[QuerySet[Delivery], int]:
        everything = Delivery.objects.all()
        if not wanted:
            return everything, everything.count()
        chosen = Selection.matching(wanted)
        return everything.filter(pk__in=chosen.ids[-SHOWN:]), len(chosen)


def _failed_attempts(rows: Iterable[Delivery]) -> QuerySet[FailedAttempt]:
    """Of the newest of these, oldest first."""
    ids = [row.pk for row in rows][:SHOWN]
    return FailedAttempt.objects.filter(delivery__in=ids).order_by("id")


def _last_line(text: str) -> str:
    return "".join(text.strip().splitlines()[-1:])[:LONGEST_ERROR]
