"""`manage.py subscriptions`: list, register, pause, resume and retire subscriptions."""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localtime
from rich.console import Console
from rich.table import Table

from bus import handlers, ops
from bus.management.arguments import ask_who_and_why
from bus.models import Subscription
from bus.selectors import oldest_by_subscription
from bus.worker.registration import register


class Command(BaseCommand):
    help = "Show every subscription: event, handler, queue, batch and the waits after failures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--register",
            action="store_true",
            help="First insert the subscriptions that the code declares.",
        )
        one = parser.add_mutually_exclusive_group()
        one.add_argument("--pause", metavar="NAME", help="Stop sending its deliveries.")
        one.add_argument("--resume", metavar="NAME", help="Send its deliveries again.")
        one.add_argument(
            "--retire",
            metavar="NAME",
            nargs="+",
            help="End them, and discard their open deliveries; needs --why. Remove their code "
            "first, or the next start of a worker registers them again.",
        )
        one.add_argument(
            "--retire-queue", metavar="QUEUE", help="Retire every subscription of a queue."
        )
        ask_who_and_why(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["register"]:
            register()
        try:
            for sentence in self._act(options):
                self.stdout.write(sentence)
        except ops.Refused as error:
            raise CommandError(str(error)) from error
        self._show()

    @staticmethod
    def _act(options: dict[str, Any]) -> Iterator[str]:
        """Carry out --pause, --resume, --retire or --retire-queue; yields what was done."""
        asked = {"by": options["by"], "why": options["why"]}
        if name := options["pause"]:
            ops.pause(name, **asked)
            yield f"{name} is paused."
        if name := options["resume"]:
            ops.resume(name, **asked)
            yield f"{name} is resumed."
        names = options["retire"] or []
        if queue := options["retire_queue"]:
            names = ops.active_in(queue)
        for name in names:
            discarded = ops.counted(ops.retire(name, **asked))
            yield f"{name} is retired; {discarded} discarded."

    def _show(self) -> None:
        titles = ("event", "handler", "queue", "batch", "kind", "waits", "oldest open", "state")
        table = Table(*titles, box=None)
        oldest = oldest_by_subscription()
        rows = {row.name: row for row in Subscription.objects.select_related("queue")}
        declared = {one.name: one for one in handlers.declared()}
        for name in sorted(rows.keys() | declared.keys(), key=lambda name: self._order(rows, name)):
            row, code = rows.get(name), declared.get(name)
            table.add_row(
                row.event_type if row else code.event_type.__name__ if code else "",
                name,
                row.queue.name if row else code.queue.name if code else "",
                str(row.batch if row else code.batch if code else ""),
                "external" if (row.external if row else code and code.external) else "atomic",
                row.retry if row else str(code.retry) if code else "",
                self._since(oldest.get(row.pk) if row else None),
                self._state(row, known=code is not None),
            )
        # Without a terminal wider than the default, so that no name is cut.
        width = None if self.stdout.isatty() else 200
        Console(file=cast(IO[str], self.stdout), width=width).print(table)

    @staticmethod
    def _since(at: datetime | None) -> str:
        return f"{localtime(at):%Y-%m-%d %H:%M:%S}" if at else "-"

    @staticmethod
    def _order(rows: dict[str, Subscription], name: str) -> tuple[str, str]:
        return (rows[name].event_type if name in rows else "~", name)

    @staticmethod
    def _state(row: Subscription | None, *, known: bool) -> str:
        if row is None:
            return "not registered"
        return row.status if known or row.retired_at else "not in this code"
