"""Packing slips: what is in a parcel, and for whom. They show no prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from fulfillment.models import Shipment, ShipmentLine
from shop import addresses
from shop.events import Address
from shop.languages import day, written_in
from shop.pdf.fonts import MAIN
from shop.pdf.pen import ACCENT, HAIR, QUIET, TINT, Pen
from shop.pdf.text import wrap, written_for

MOST_SLIPS = 200
"""In one file; drawing so many takes seconds."""

PRINTABLE = (Shipment.State.RELEASED, Shipment.State.DISPATCHED)
"""Before its release the stock of a shipment may be missing; a cancelled one is not packed."""

MM = 72 / 25.4
WIDTH, HEIGHT = A4
LEFT, RIGHT = 20 * MM, WIDTH - 20 * MM
ADDRESS_TOP = HEIGHT - 50 * MM
"""In the window of an envelope, as on invoices (DIN 5008 form B)."""

SKU, NAME, PIECES = LEFT + 8 * MM, LEFT + 50 * MM, RIGHT - 4 * MM
NAME_ROOM = RIGHT - 24 * MM - NAME
FIRST_TOP, LATER_TOP = HEIGHT - 100 * MM, HEIGHT - 36 * MM
FOOT = 28 * MM
LEADING = 12
HEAD = 9 * MM


@dataclass(frozen=True)
class Row:
    """A line with its texts wrapped."""

    line: ShipmentLine
    sku: list[str]
    name: list[str]

    @property
    def height(self) -> float:
        return LEADING * max(len(self.sku), len(self.name)) + 10


def draw(shipments: Sequence[Shipment]) -> bytes:
    """One slip for each shipment, one at least, on A4 pages of its own, in its customer's language.

    The file's own language and title are those of the first. Equal shipments give equal bytes.
    Reads the lines of shipments that were not prefetched.
    """
    file = BytesIO()
    with written_in(shipments[0].language):
        canvas = Canvas(
            file,
            pagesize=A4,
            pageCompression=1,
            invariant=1,
            lang=get_language(),
            initialFontName=MAIN.regular.fontName,
        )
        canvas.setTitle(_("Packing slip"))
    canvas.setAuthor(settings.SELLER["name"])
    canvas.setCreator(settings.SELLER["name"])
    pen = Pen(canvas)
    for shipment in shipments:
        with written_in(shipment.language), written_for(shipment.country):
            _draw_slip(pen, shipment)
    canvas.save()
    return file.getvalue()


def _draw_slip(pen: Pen, shipment: Shipment) -> None:
    pages = _pages([_row(line) for line in shipment.lines.all()])
    for number, rows in enumerate(pages, start=1):
        if number == 1:
            _draw_first(pen, shipment)
        else:
            _draw_later(pen, shipment)
        bottom = _draw_rows(pen, rows, FIRST_TOP if number == 1 else LATER_TOP)
        if number == len(pages):
            pieces = sum(line.quantity for line in shipment.lines.all())
            pen.write(NAME, bottom - 16, _("Pieces in all"), 9, colour=QUIET)
            pen.write_to(PIECES, bottom - 16, str(pieces), 11, bold=True)
        counted = _("Page %(page)d of %(pages)d") % {"page": number, "pages": len(pages)}
        pen.rule(LEFT, FOOT - 8 * MM, RIGHT)
        pen.write(LEFT, FOOT - 13 * MM, shipment.number, 8, colour=QUIET)
        pen.write_to(RIGHT, FOOT - 13 * MM, counted, 8, colour=QUIET)
        pen.next_page()


def _row(line: ShipmentLine) -> Row:
    return Row(line, wrap(line.sku, NAME - SKU - 3 * MM, 9), wrap(line.name, NAME_ROOM, 10))


def _pages(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each page; the last page has room for the sum under its rows."""
    pages: list[list[Row]] = [[]]
    room = FIRST_TOP - HEAD - FOOT - 2 * LEADING
    for row in rows:
        if row.height > room and pages[-1]:
            pages.append([])
            room = LATER_TOP - HEAD - FOOT - 2 * LEADING
        pages[-1].append(row)
        room -= row.height
    return pages


def _draw_first(pen: Pen, shipment: Shipment) -> None:
    top = HEIGHT - 30 * MM
    seller = Address.of(_Named(settings.SELLER))
    pen.mark(LEFT, top, 34)
    pen.write(LEFT + 43, top + 12, settings.SELLER["name"], 15, bold=True, room=75 * MM)
    pen.write_to(RIGHT, top + 10, _("Packing slip"), 24, bold=True, colour=ACCENT)
    sender = ", ".join([settings.SELLER["name"], *addresses.lines(seller)])
    pen.write(LEFT, ADDRESS_TOP + 7, sender, 7, colour=QUIET, room=80 * MM)
    pen.rule(LEFT, ADDRESS_TOP + 3, LEFT + 80 * MM)
    pen.paragraph(LEFT, ADDRESS_TOP - 11, shipment.label, 11, leading=14)
    pen.barcode_to(RIGHT, ADDRESS_TOP - 42, shipment.number, 34)
    pen.write_to(RIGHT, ADDRESS_TOP - 58, shipment.number, 13, bold=True)
    # The invoice refers to this for the date of supply, which is known from the dispatch on.
    said, at = _("Released"), shipment.released_at
    if shipment.dispatched_at:
        said, at = _("Date of supply"), shipment.dispatched_at
    if at:
        date = day(timezone.localdate(at))
        pen.write_to(RIGHT, ADDRESS_TOP - 73, f"{said}: {date}", 9, colour=QUIET)


def _draw_later(pen: Pen, shipment: Shipment) -> None:
    y = HEIGHT - 22 * MM
    pen.mark(LEFT, y - 5, 18)
    pen.write(LEFT + 25, y, settings.SELLER["name"], 9, bold=True, room=75 * MM)
    pen.write_to(RIGHT, y, f"{_('Packing slip')} {shipment.number}", 9, colour=QUIET)


def _draw_rows(pen: Pen, rows: Sequence[Row], top: float) -> float:
    """Draw the table's head and rows; returns how far down they reach."""
    pen.band(LEFT, top - HEAD, RIGHT, HEAD, TINT)
    head = top - HEAD + 9
    pen.write(SKU, head, _("Item number"), 8, bold=True, colour=ACCENT)
    pen.write(NAME, head, _("Description"), 8, bold=True, colour=ACCENT)
    pen.write_to(PIECES, head, _("Pieces"), 8, bold=True, colour=ACCENT)
    y = top - HEAD
    for row in rows:
        base = y - 15
        pen.box(LEFT + 4, base - 1, 9)
        pen.paragraph(SKU, base, row.sku, 9, leading=LEADING, colour=QUIET)
        pen.paragraph(NAME, base, row.name, 10, leading=LEADING)
        pen.write_to(PIECES, base, str(row.line.quantity), 12, bold=True)
        y -= row.height
        pen.rule(LEFT, y, RIGHT, colour=HAIR)
    return y


class _Named:
    """A dictionary's values by attribute."""

    def __init__(self, values: dict[str, str]) -> None:
        self.__dict__.update(dict.fromkeys(Address.__struct_fields__, "") | values)
