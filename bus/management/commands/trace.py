"""`manage.py trace`: what became of a stream's events."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import IO, Any, cast
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.timezone import localtime
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from bus.streams import (
    TimelineDelivery,
    TimelineEvent,
    Verdict,
    stream_of,
    stream_of_uuid,
    timeline,
    verdict,
)

EXIT_CODES = {Verdict.SETTLED: 0, Verdict.DEAD: 1, Verdict.IN_PROGRESS: 3}
UNKNOWN = 2
"""The exit code if there is no such stream; the same as that of a wrong argument."""

COLOURS = {"done": "green", "dead": "bold red", "waiting": "yellow", "discarded": "dim"}
WIDTH = 160
"""Columns, if the output is no terminal."""


class Command(BaseCommand):
    help = (
        "Show every event of a stream with its deliveries. Exit code 0 if it is settled, 1 if a "
        "delivery is dead, 2 if there is no such stream, 3 if something is still to be done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "stream", help="For example SO-100001; or an event, by its number or UUID."
        )
        parser.add_argument("--json", action="store_true", help="As one JSON object.")

    def handle(self, *_args: Any, **options: Any) -> None:
        stream = _stream(options["stream"])
        events = timeline(stream)
        found = verdict(events)
        if options["json"]:
            shown = {"stream": stream, "verdict": found, "events": [asdict(one) for one in events]}
            self.stdout.write(json.dumps(shown, cls=DjangoJSONEncoder, indent=1))
        else:
            self._draw(stream, events, found)
        if code := EXIT_CODES[found]:
            raise SystemExit(code)

    def _draw(self, stream: str, events: list[TimelineEvent], found: Verdict) -> None:
        width = None if self.stdout.isatty() else WIDTH
        tree = Tree(Text(f"{stream}: {found}", style="bold"))
        names = {event.uuid: f"{event.type} {event.id}" for event in events}
        for event in events:
            branch = tree.add(_headline(event, names))
            if not event.fanned_out:
                branch.add(Text("not fanned out yet: does a relay run?", style="yellow"))
            for delivery in event.deliveries:
                branch.add(Text.assemble(*_parts(delivery)))
        Console(file=cast(IO[str], self.stdout), width=width, markup=False).print(tree)


def _stream(name: str) -> str:
    """The stream that the argument names.

    Raises:
        CommandError: there is none.
    """
    found = stream_of(name)
    if found is None and len(name) in (32, 36):
        try:
            found = stream_of_uuid(UUID(name))
        except ValueError:
            found = None
    if found is None:
        raise CommandError(f"No event was published in a stream {name!r}.", returncode=UNKNOWN)
    return found


def _headline(event: TimelineEvent, names: dict[UUID, str]) -> Text:
    cause = names.get(event.causation) if event.causation else None
    after = f", caused by {cause}" if cause else ""
    return Text(f"{event.type} {event.id} at {_time(event.at)}{after}")


def _parts(one: TimelineDelivery) -> Iterable[tuple[str, str]]:
    yield f"{one.state:<9} ", COLOURS.get(one.state, "cyan")
    yield f"{one.subscription} ({one.id})", ""
    details = [f"attempts {one.attempts}"] if one.attempts > 1 else []
    if one.closed_at:
        details.append(f"at {_time(one.closed_at)}")
    elif one.open:
        details.append(f"open since {_time(one.due_since)}")
        if one.retry_at and one.state == "waiting":
            details.append(f"tried again at {_time(one.due_at)}")
    if one.blocked_by:
        details.append(f"waits for delivery {one.blocked_by} of its lane")
    yield f"  {', '.join(details)}", "dim"
    for tried in one.failed:
        yield f"\n          attempt {tried.number} at {_time(tried.at)}: {tried.text}", "dim"
    if one.error:
        yield f"\n          {one.error}", "red" if one.state == "dead" else "yellow"


def _time(at: datetime) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M:%S.%f}"[:-3]
