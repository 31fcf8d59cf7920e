"""The lines of a document as a table, with the sums carried from page to page."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import formatting
from billing.document import Document
from billing.pdf.letterhead import LEFT, RIGHT
from billing.pdf.pages import CARRIED, Page, Row
from shop.pdf.pen import ACCENT, QUIET, WHITE, Pen
from shop.pdf.text import wrap

HEAD = 22
SIZE = 9
LEADING = 11.5
PADDING = 9

SKU, NAME = LEFT + 26, LEFT + 100
SKU_ROOM, NAME_ROOM = 68, 136
QUANTITY, UNIT_PRICE, RATE, NET, TOTAL = (RIGHT - x for x in (216, 150, 116, 62, 6))
"""Where the columns of figures end."""

HEADINGS = (
    (QUANTITY, gettext_lazy("Qty")),
    (UNIT_PRICE, gettext_lazy("Unit price")),
    (RATE, gettext_lazy("Tax")),
    (NET, gettext_lazy("Net")),
    (TOTAL, gettext_lazy("Total")),
)


def rows(document: Document) -> list[Row]:
    """The lines with their texts wrapped, as high as they need."""
    wrapped = (
        (line, wrap(line.sku, SKU_ROOM, SIZE), wrap(line.name, NAME_ROOM, SIZE))
        for line in document.lines
    )
    return [
        Row(position, line, sku, name, max(len(sku), len(name), 1) * LEADING + PADDING)
        for position, (line, sku, name) in enumerate(wrapped, start=1)
    ]


def draw(pen: Pen, document: Document, page: Page, top: float) -> float:
    """Draw the page's part of the table from `top` down, and return where it ends."""
    _draw_head(pen, document, page, top)
    y = top
    if page.brought is not None:
        y = _draw_carried(pen, document, _("Brought forward"), page.brought, y)
    for row in page.rows:
        _draw_row(pen, document, row, y - LEADING - 2)
        y -= row.height
        pen.rule(LEFT, y, RIGHT)
    if page.carried is not None:
        y = _draw_carried(pen, document, _("Carried forward"), page.carried, y)
    return y


def _draw_head(pen: Pen, document: Document, page: Page, top: float) -> None:
    if page.number == 1:
        note = _("All amounts in %(currency)s. Unit prices and totals include tax.")
        pen.write(LEFT, top + HEAD + 6, note % {"currency": document.currency}, 8, colour=QUIET)
    pen.band(LEFT, top, RIGHT, HEAD, ACCENT)
    baseline = top + 7.5
    for x, heading in ((LEFT + 6, "#"), (SKU, _("SKU")), (NAME, _("Description"))):
        pen.write(x, baseline, heading, 8, bold=True, colour=WHITE)
    for x, heading in HEADINGS:
        pen.write_to(x, baseline, str(heading), 8, bold=True, colour=WHITE)


def _draw_row(pen: Pen, document: Document, row: Row, baseline: float) -> None:
    line = row.line
    pen.write(LEFT + 6, baseline, str(row.position), SIZE, colour=QUIET)
    pen.paragraph(SKU, baseline, row.sku, SIZE, leading=LEADING)
    pen.paragraph(NAME, baseline, row.name, SIZE, leading=LEADING)
    currency = document.currency
    for x, figure, room in (
        (QUANTITY, formatting.count(line.quantity), 30),
        (UNIT_PRICE, formatting.amount(line.unit_price, currency), 60),
        (RATE, formatting.percentage(line.tax_rate), 32),
        (NET, formatting.amount(line.net, currency), 50),
        (TOTAL, formatting.amount(line.total, currency), 52),
    ):
        pen.write_to(x, baseline, figure, SIZE, room=room)


def _draw_carried(pen: Pen, document: Document, label: str, so_far: Decimal, y: float) -> float:
    pen.write(NAME, y - 12, label, SIZE, colour=QUIET)
    pen.write_to(
        TOTAL, y - 12, formatting.amount(so_far, document.currency), SIZE, bold=True, room=90
    )
    pen.rule(LEFT, y - CARRIED, RIGHT)
    return y - CARRIED
