"""`manage.py top`: the console in a terminal."""

import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict, replace
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.timezone import localtime
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bus.console.state import Board, Row, board
from bus.console.words import NOTHING, ago, counted, duration, says, took
from bus.console.workers import Worker

COLOURS = {"red": "bold red", "amber": "yellow", "green": "green"}
WIDTH = 140
"""Columns, if the output is no terminal."""

BARS = " ▁▂▃▄▅▆▇█"
SHOWN_MINUTES = 20


class Command(BaseCommand):
    help = (
        "Show queues, subscriptions, workers and blocked lanes, refreshed until Ctrl-C; once if "
        "the output is no terminal. Exit code 1 if something is red: dead deliveries, a queue with "
        "work and no worker, a silent relay, a broker in trouble."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Show it once, and exit.")
        parser.add_argument("--json", action="store_true", help="Once, as one JSON object.")
        parser.add_argument("--queue", default="", metavar="NAME", help="This queue alone.")
        parser.add_argument(
            "--every", type=_seconds, default=2.0, metavar="SECONDS", help="Default: 2."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["json"]:
            now = _board(options["queue"])
            self.stdout.write(json.dumps(_plain(now), cls=DjangoJSONEncoder, indent=1))
        else:
            now = self._show(options)
        if now.level == "red":
            raise SystemExit(1)

    def _show(self, options: dict[str, Any]) -> Board:
        on_terminal = self.stdout.isatty()
        console = Console(
            file=cast(IO[str], self.stdout),
            width=None if on_terminal else WIDTH,
            no_color=options["no_color"] or None,
        )
        now = _board(options["queue"])
        if options["once"] or not on_terminal:
            console.print(_drawn(now))
            return now
        with Live(_drawn(now), console=console, auto_refresh=False) as live:
            try:
                while True:
                    time.sleep(options["every"])
                    now = _board(options["queue"])
                    live.update(_drawn(now), refresh=True)
            except KeyboardInterrupt:
                return now


def _seconds(text: str) -> float:
    """A pause between two readings.

    Raises:
        ArgumentTypeError: it is no number, or out of range.
    """
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0.5 <= found <= 3600:
        raise ArgumentTypeError(f"{text!r} must be a number of seconds between 0.5 and 3600.")
    return found


def _board(queue: str) -> Board:
    """The board, of this queue alone if one is named.

    Raises:
        CommandError: no queue has this name.
    """
    now = board()
    if not queue:
        return now
    names = [row.name for row in now.queues]
    if queue not in names:
        raise CommandError(f"There is no queue {queue}; the queues are {', '.join(names)}.")
    return replace(
        now,
        queues=[row for row in now.queues if row.name == queue],
        subscriptions=now.of(queue),
        lanes=[lane for lane in now.lanes if lane.queue == queue],
    )


def _drawn(now: Board) -> Group:
    head = Text.assemble(
        (f"{now.level}  ", COLOURS[now.level]),
        f"relay {'silent' if now.broker.silent else 'running'}, broker {now.broker.word}, "
        f"outbox {now.outbox.count}, {localtime(now.at):%H:%M:%S}",
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("queue, subscription")
    table.add_column("state")
    for name in ("waiting", "flight", "retry", "dead", "oldest", "/min", "p50", "p95", "p99"):
        table.add_column(name, justify="right")
    table.add_column(f"{SHOWN_MINUTES} min")
    for row in now.queues:
        limit = f"; {row.limit.words}" if row.limit else ""
        _add(table, row, now, f"{row.name} ({_workers(row)}{limit})", bold=True)
        for one in now.of(row.name):
            _add(table, one, now, f"  {one.name.rsplit('.', 1)[-1]}")
    lanes = [
        Text(
            f"blocked: {lane.stream} in {lane.queue}, {lane.waiting} behind delivery "
            f"{lane.delivery} of {lane.subscription}, which is {lane.state}. {lane.error}",
            style="yellow",
        )
        for lane in now.lanes
    ]
    silent = [
        Text(f"silent: {one.name}, last sign of life {duration(one.age)} ago", style="yellow")
        for one in now.workers
        if not one.alive
    ]
    return Group(head, table, *lanes, *silent)


def _add(table: Table, row: Row, now: Board, name: str, *, bold: bool = False) -> None:
    figures = [
        counted(count) if count else NOTHING
        for count in (row.waiting, row.in_flight, row.retrying, row.dead)
    ]
    table.add_row(
        Text(name, style="bold" if bold else ""),
        Text(says(row), style=COLOURS[row.level]),
        *figures,
        ago(row.oldest_at, now.at),
        counted(row.pace.last_minute) if row.pace.last_minute else NOTHING,
        *(took(row.pace.percentile(share)) for share in (0.5, 0.95, 0.99)),
        _bars(row.pace.minutes[-SHOWN_MINUTES:]),
    )


def _bars(minutes: tuple[int, ...]) -> str:
    most = max(minutes, default=0)
    top = len(BARS) - 1
    return "".join(BARS[-(-done * top // most)] if most else " " for done in minutes)


def _workers(row: Row) -> str:
    if row.workers is None:
        return "workers not known"
    return f"{row.workers} worker{'' if row.workers == 1 else 's'}"


def _plain(now: Board) -> dict[str, Any]:
    return {
        "at": now.at,
        "level": now.level,
        "relay": "silent" if now.broker.silent else "running",
        "broker": now.broker.word,
        "outbox": now.outbox.count,
        "queues": [
            _row(row)
            | {
                "limit": asdict(row.limit) if row.limit else None,
                "subscriptions": [_row(one) for one in now.of(row.name)],
            }
            for row in now.queues
        ],
        "blocked_lanes": [asdict(lane) for lane in now.lanes],
        "workers": [_worker(one) for one in now.workers],
    }


def _row(row: Row) -> dict[str, Any]:
    names = (
        "name", "level", "waiting", "in_flight", "retrying", "later", "dead", "paused", "oldest_at",
    )  # fmt: skip
    return {
        **{name: getattr(row, name) for name in names},
        "workers": row.workers,
        "done_in_the_last_minute": row.pace.last_minute,
        "done_in_the_last_hour": row.pace.done,
        **{f"p{share}_seconds": row.pace.percentile(share / 100) for share in (50, 95, 99)},
    }


def _worker(one: Worker) -> dict[str, Any]:
    return {
        "name": one.name,
        "alive": one.alive,
        "queues": one.queues,
        "processes": one.processes,
        "seen_at": one.seen_at,
    }
