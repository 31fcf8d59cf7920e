"""The head and foot of a document's pages: seller, buyer, number and dates."""

from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4

from billing import formatting
from billing.document import Document
from shop import addresses
from shop.pdf.pen import ACCENT, QUIET, Pen
from shop.pdf.text import clean, wrap

MM = 72 / 25.4
WIDTH, HEIGHT = A4
LEFT, RIGHT = 20 * MM, WIDTH - 20 * MM
ADDRESS_TOP = HEIGHT - 50 * MM
ADDRESS_ROOM = 80 * MM
"""The address stands in the window of an envelope (DIN 5008 form B: 45 mm down, 85 mm wide)."""

DETAILS_LEFT = 118 * MM
LATER_TOP = HEIGHT - 34 * MM
FOOT = 34 * MM
LEADING = 13


def title(document: Document) -> str:
    return _("Credit note") if document.corrects else _("Invoice")


def first_page_bottom(document: Document) -> float:
    """How far down the head of the first page reaches."""
    lines = max(len(_address(document)), len(_details(document)))
    return min(HEIGHT - 92 * MM, ADDRESS_TOP - lines * LEADING - 36)


def draw_first(pen: Pen, document: Document) -> None:
    seller, top = document.seller, HEIGHT - 30 * MM
    pen.mark(LEFT, top, 34)
    pen.write(LEFT + 43, top + 12, seller.name, 15, bold=True, room=DETAILS_LEFT - LEFT - 55)
    pen.write_to(RIGHT, top + 10, title(document), 24, bold=True, colour=ACCENT)
    sender = ", ".join([seller.name, *addresses.lines(seller)])
    pen.write(LEFT, ADDRESS_TOP + 7, sender, 7, colour=QUIET, room=ADDRESS_ROOM)
    pen.rule(LEFT, ADDRESS_TOP + 3, LEFT + ADDRESS_ROOM)
    pen.paragraph(LEFT, ADDRESS_TOP - 11, _address(document), 10, leading=LEADING)
    y = ADDRESS_TOP - 11
    for label, value in _details(document):
        pen.write(DETAILS_LEFT, y, label, colour=QUIET)
        pen.write_to(RIGHT, y, value, bold=value == document.number, room=RIGHT - DETAILS_LEFT - 75)
        y -= LEADING


def draw_later(pen: Pen, document: Document) -> None:
    y = HEIGHT - 22 * MM
    pen.mark(LEFT, y - 5, 18)
    pen.write(LEFT + 25, y, document.seller.name, 9, bold=True, room=DETAILS_LEFT - LEFT - 40)
    pen.write_to(RIGHT, y, f"{title(document)} {document.number}", 9, colour=QUIET)


def draw_foot(pen: Pen, document: Document, page: int, pages: int) -> None:
    """The seller's data and *page x of y*, on every page."""
    seller, y = document.seller, 24 * MM
    pen.rule(LEFT, y + 11, RIGHT)
    columns = (
        (LEFT, (seller.name, *addresses.lines(seller), formatting.country(seller.country))),
        (LEFT + 64 * MM, (seller.email, f"{_('VAT ID')} {seller.vat_id}" if seller.vat_id else "")),
        (LEFT + 112 * MM, (f"IBAN {formatting.iban(seller.iban)}" if seller.iban else "",)),
    )
    for (x, lines), room in zip(columns, (60 * MM, 44 * MM, 58 * MM), strict=True):
        line_y = y
        for line in filter(None, lines):
            pen.write(x, line_y, line, 7, colour=QUIET, room=room)
            line_y -= 9
    place = _("Page %(page)d of %(pages)d") % {"page": page, "pages": pages}
    pen.write_to(RIGHT, y - 27, place, 7, colour=QUIET)


def _address(document: Document) -> list[str]:
    """The buyer's address, the country in a line of its own unless it is the seller's."""
    buyer, home = document.buyer.address, document.seller.country
    abroad = formatting.country(buyer.country) if buyer.country != home else ""
    lines = [*addresses.lines(buyer, document.buyer.name), abroad]
    return [part for line in lines for part in wrap(line, ADDRESS_ROOM, 10)]


def _details(document: Document) -> list[tuple[str, str]]:
    """Number and dates (Art. 226 (1), (2) and (7)).

    The goods leave after the invoice is written, so their date is on the delivery note, which
    section 31 (1) UStDV lets an invoice refer to.
    """
    details = [
        (_("Number"), document.number),
        (_("Issue date"), formatting.day(document.issued_on)),
    ]
    if document.corrects_issued_on:
        details += [
            (_("Corrects invoice"), document.corrects),
            (_("Invoice date"), formatting.day(document.corrects_issued_on)),
        ]
    details += [
        (_("Order"), clean(document.order_number)),
        (_("Order date"), formatting.day(document.ordered_on)),
    ]
    if not document.corrects:
        details.append((_("Date of supply"), _("as on the delivery note")))
    return details
