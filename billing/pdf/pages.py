"""Page breaks: which lines of a document go on which page."""

from dataclasses import dataclass
from decimal import Decimal

from shop.events import Line

CARRIED = 18
"""Points that the sum carried over to or from another page takes."""


@dataclass(frozen=True)
class Row:
    """One line with its texts wrapped; `height` in points."""

    position: int
    line: Line
    sku: list[str]
    name: list[str]
    height: float


@dataclass
class Page:
    """`brought` and `carried` are sums of line totals; None on the first and on the last page."""

    number: int
    rows: list[Row]
    brought: Decimal | None = None
    carried: Decimal | None = None


def paginate(rows: list[Row], *, first: float, later: float, closing: float) -> list[Page]:
    """Fill pages of `first` and `later` points with the rows in their order.

    The last row stays with the `closing` points of sums under it, so that no page shows sums
    alone; every other row leaves room for the carried sum.
    """
    pages = [Page(1, [])]
    room, fresh, so_far = first, later - CARRIED, Decimal(0)
    for row in rows:
        below = closing if row is rows[-1] else CARRIED
        if row.height + below > room and room < fresh:
            pages[-1].carried = so_far
            pages.append(Page(len(pages) + 1, [], brought=so_far))
            room = fresh
        pages[-1].rows.append(row)
        room -= row.height
        so_far += row.line.total
    return pages
