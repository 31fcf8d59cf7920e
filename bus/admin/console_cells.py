"""The cells of the console's matrix, put together in Python: a page has hundreds."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from bus.console.matrix import Cell, Column, Matrix
from bus.models import IN_FLIGHT, State

SIGNS = {State.DONE: "✓", State.DEAD: "✗", State.WAITING: "…", State.DISCARDED: "–"}  # noqa: RUF001 -- a dash
SIGNS |= dict.fromkeys(IN_FLIGHT, "→")
EMPTY = mark_safe("<td></td>")


@dataclass(frozen=True)
class MatrixLine:
    stream: str
    link: str
    at: datetime
    cells: SafeString


def matrix_lines(matrix: Matrix) -> list[MatrixLine]:
    """The matrix row by row; each cell leads to its delivery on the stream's page."""
    page = reverse("admin:bus_console_stream")
    lines = []
    for row in matrix.rows:
        link = f"{page}?{urlencode({'stream': row.stream})}"
        cells = [
            _cell(cell, column, link) if cell else EMPTY
            for column, cell in zip(matrix.columns, row.cells, strict=True)
        ]
        lines.append(MatrixLine(row.stream, link, row.at, mark_safe("".join(cells))))  # noqa: S308 -- of format_html
    return lines


def _cell(cell: Cell, column: Column, link: str) -> SafeString:
    more = f" ({cell.count} deliveries)" if cell.count > 1 else ""
    return format_html(
        '<td><a class="cell {}" href="{}#delivery-{}" title="{}: {}{}" '
        'aria-label="{}: {}{}">{}</a></td>',
        cell.state, link, cell.delivery, column.label, cell.state, more,
        column.label, cell.state, more, SIGNS[State(cell.state)],
    )  # fmt: skip
