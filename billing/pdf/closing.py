"""The closing part of a document: tax per rate, totals, and payment terms."""

from django.utils.translation import gettext as _

from billing import formatting
from billing.document import Document
from billing.pdf.letterhead import LEFT, MM, RIGHT
from billing.pdf.table import TOTAL
from shop.money import money
from shop.pdf.pen import ACCENT, QUIET, TINT, WHITE, Pen
from shop.pdf.text import wrap

ABOVE = 24
LEADING = 14
SUMS_LEFT = RIGHT - 200
RATE, NET, TAX, GROSS = LEFT + 6, LEFT + 110, LEFT + 175, LEFT + 248
TERMS_ROOM = RIGHT - LEFT - 24
TERMS_SIZE = 9
CODE = 25 * MM
"""The width of the Girocode, with its quiet zone: cameras read it from paper."""

CODE_MARGIN = 8


def height(document: Document) -> float:
    """The height of the closing part in points."""
    return ABOVE + _sums_height(document) + 20 + _terms_height(document)


def draw(pen: Pen, document: Document, top: float) -> None:
    y = top - ABOVE
    _draw_taxes(pen, document, y)
    _draw_totals(pen, document, y)
    _draw_terms(pen, document, y - _sums_height(document) - 20)


def _draw_taxes(pen: Pen, document: Document, y: float) -> None:
    pen.write(RATE, y - 8, _("Tax rate"), 8, colour=QUIET)
    for x, heading in ((NET, _("Net")), (TAX, _("Tax")), (GROSS, _("Gross"))):
        pen.write_to(x, y - 8, heading, 8, colour=QUIET)
    pen.rule(LEFT, y - 13, GROSS + 6)
    for tax in document.taxes:
        y -= LEADING
        pen.write(RATE, y - 10, formatting.percentage(tax.rate))
        for x, figure in ((NET, tax.net), (TAX, tax.tax), (GROSS, tax.total)):
            pen.write_to(x, y - 10, formatting.amount(figure, document.currency), room=62)


def _draw_totals(pen: Pen, document: Document, y: float) -> None:
    for label, figure in ((_("Net"), document.net), (_("Tax"), document.tax)):
        pen.write(SUMS_LEFT + 8, y - 8, label, colour=QUIET)
        pen.write_to(TOTAL, y - 8, formatting.amount(figure, document.currency), room=110)
        y -= LEADING
    pen.band(SUMS_LEFT, y - 22, RIGHT, 24, ACCENT)
    label = _("Credit") if document.corrects else _("Total")
    total = money(document.total, document.currency)
    pen.write(SUMS_LEFT + 8, y - 14, label, 11, bold=True, colour=WHITE)
    pen.write_to(TOTAL, y - 14, total, 11, bold=True, colour=WHITE, room=140)


def _draw_terms(pen: Pen, document: Document, top: float) -> None:
    pen.band(LEFT, top - _terms_height(document), RIGHT, _terms_height(document), TINT)
    pen.band(LEFT, top - _terms_height(document), LEFT + 3, _terms_height(document), ACCENT)
    heading = _("Refund") if document.corrects else _("Payment")
    pen.write(LEFT + 12, top - 16, heading, bold=True)
    pen.paragraph(LEFT + 12, top - 30, _terms(document), TERMS_SIZE, leading=LEADING)
    if code := document.girocode:
        pen.code(RIGHT - CODE - CODE_MARGIN, top - CODE - CODE_MARGIN, CODE, code)


def _terms(document: Document) -> list[str]:
    # Documents of earlier releases have no code, and their lines must break where they did.
    room = TERMS_ROOM - (CODE + CODE_MARGIN if document.girocode else 0)
    lines = wrap(document.payment_terms, room, TERMS_SIZE)
    if document.corrects:
        return lines
    seller = document.seller
    iban = f"IBAN {formatting.iban(seller.iban)}" if seller.iban else ""
    reference = _("reference %(number)s") % {"number": document.number}
    bic = f"BIC {seller.bic}" if seller.bic else ""
    account = ", ".join(filter(None, (seller.name, iban, bic, reference)))
    lines += wrap(account, room, TERMS_SIZE)
    if document.girocode:
        lines += wrap(_("Girocode: scan it with your banking app."), room, TERMS_SIZE)
    return lines


def _terms_height(document: Document) -> float:
    written = 26 + len(_terms(document)) * LEADING
    return max(written, CODE + 2 * CODE_MARGIN) if document.girocode else written


def _sums_height(document: Document) -> float:
    return max(14 + len(document.taxes) * LEADING, 2 * LEADING + 22)
