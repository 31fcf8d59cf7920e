"""The figures as tables on the terminal, as JSON, and as a chart."""

import json
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pygal
from pygal.style import Style
from rich import box
from rich.console import Console
from rich.table import Table as Drawn

from bench.bars import Bar, percentile
from bench.machine import described
from bench.measures.result import Result, Table

STYLE = Style(background="#fff", plot_background="#fff", colors=("#b45309", "#0f766e"))
COLOURS = {"holds": "green", "BROKEN": "bold red"}


def show(console: Console, results: Sequence[Result]) -> None:
    """All tables, and the bars last."""
    for table in (table for result in results for table in result.tables):
        console.print(_drawn(table))
    bars = Drawn("bar", "asked", "measured", "verdict", title="Bars", box=box.SIMPLE)
    for bar in all_bars(results):
        colour = COLOURS.get(bar.verdict, "yellow")
        bars.add_row(bar.name, bar.asked, bar.measured, f"[{colour}]{bar.verdict}[/]")
    console.print(bars)
    unusable = sum(result.unusable for result in results)
    console.print(f"{described()}. Unusable because of other load: {unusable} repetitions.")


def all_bars(results: Iterable[Result]) -> list[Bar]:
    return [bar for result in results for bar in result.bars]


def save(path: Path, results: Sequence[Result], *, quick: bool) -> None:
    """Everything that was measured, for whoever wants to look closer."""
    figures: dict[str, Any] = {}
    for result in results:
        figures |= result.figures
    whole = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": described(),
        "quick": quick,
        "unusable": sum(result.unusable for result in results),
        "bars": [
            {"name": bar.name, "asked": bar.asked, "value": bar.value, "verdict": bar.verdict}
            for bar in all_bars(results)
        ],
        "figures": figures,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_without_nan(whole), indent=1) + "\n")


def draw(path: Path, ill: dict[str, dict[str, dict[str, Any]]]) -> None:
    """The first chart of the page: how long a customer waits while the mail provider is ill."""
    conditions = list(ill["in-line"])
    chart = pygal.Bar(
        title="Milliseconds to the answer of a checkout, 95th percentile",
        x_title="5 orders a second; no bar: every order failed",
        logarithmic=True, zero=1, range=(1, 5000), y_labels=[1, 10, 100, 1000], truncate_label=-1,
        disable_xml_declaration=True, js=(), width=760, height=380, print_values=True,
        legend_at_bottom=True, style=STYLE, value_formatter=lambda value: f"{value:.0f}",
    )  # fmt: skip
    chart.x_labels = conditions
    for kind, name in (("in-line", "in-line monolith"), ("shop", "this shop")):
        p95 = [1000 * percentile(ill[kind][one]["took"], 0.95) for one in conditions]
        values = [None if math.isnan(one) else one for one in p95]
        chart.add(name, values)
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.render_to_file(str(path))


def _without_nan(value: Any) -> Any:
    """JSON has no word for what is not a number."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _drawn(table: Table) -> Drawn:
    head, *rows = table.rows
    drawn = Drawn(title=table.title, caption=table.note or None, box=box.SIMPLE)
    for place, name in enumerate(head):
        drawn.add_column(name, justify="right" if place and name != "while" else "left")
    for row in rows:
        drawn.add_row(*row)
    return drawn
