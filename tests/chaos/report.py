"""What a campaign shows: progress while it runs, a table of faults, and the verdict."""

import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table

from tests.chaos.campaign import Strike
from tests.chaos.checker import Verdict

MOST_SHOWN = 30


def console() -> Console:
    """Colours and the terminal's width where there is one, else 110 columns of plain text."""
    return Console() if sys.stdout.isatty() else Console(width=110, no_color=True)


def progress(began: float) -> Callable[[str], None]:
    """Says what is being done now, after so many seconds, a line each."""

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {what}", flush=True)

    return say


def show(out: Console, strikes: Sequence[Strike], verdict: Verdict) -> None:
    """The table of the faults, what was violated, and the verdict as the last line."""
    out.print(faults_table(strikes))
    out.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for remark in verdict.remarks:
        out.print(remark, highlight=False)
    for violation in verdict.all[:MOST_SHOWN]:
        out.print(f"VIOLATED  {violation}", style="red", highlight=False)
    if len(verdict.all) > MOST_SHOWN:
        out.print(f"... and {len(verdict.all) - MOST_SHOWN} more, all in the history")
    print(verdict, flush=True)


def faults_table(strikes: Sequence[Strike]) -> Table:
    """Each kind of fault: how often, and how long an order placed after it took."""
    table = Table("fault", "times", "median recovery", "worst recovery", "bar", box=None)
    for name in ("times", "median recovery", "worst recovery", "bar"):
        next(column for column in table.columns if column.header == name).justify = "right"
    kinds: dict[str, list[Strike]] = defaultdict(list)
    for strike in strikes:
        kinds[strike.fault.name].append(strike)
    for name, several in sorted(kinds.items()):
        took = [one.recovered for one in several if one.recovered is not None]
        missed = len(took) < len(several)
        median = f"{statistics.median(took):.1f} s" if took else "-"
        worst = "never" if missed else f"{max(took):.1f} s"
        table.add_row(name, str(len(several)), median, worst, f"{several[0].fault.bar:g} s")
    return table
