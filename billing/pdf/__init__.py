"""Drawing a document as a PDF."""

from io import BytesIO

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from billing.document import Document
from billing.pdf import closing, letterhead, table
from billing.pdf.pages import paginate
from shop.languages import written_in
from shop.pdf.fonts import MAIN
from shop.pdf.pen import Pen
from shop.pdf.text import written_for

LANGUAGE_TAGS = {"en-gb": "en-GB"}
"""As the PDF's catalogue has it (BCP 47 recommends capitals for the region)."""


def draw(document: Document) -> bytes:
    """Draw the document on A4 pages, in the buyer's language; equal documents give equal bytes.

    A character that no font has shows as a replacement character, a control character as nothing;
    neither fails.
    """
    with written_in(document.buyer.language):
        return _drawn(document)


def _drawn(document: Document) -> bytes:
    file = BytesIO()
    canvas = Canvas(
        file,
        pagesize=A4,
        pageCompression=1,
        invariant=1,
        lang=LANGUAGE_TAGS.get(get_language(), get_language()),
        # Its own would be one that is not embedded.
        initialFontName=MAIN.regular.fontName,
    )
    canvas.setTitle(f"{letterhead.title(document)} {document.number}")
    canvas.setAuthor(document.seller.name)
    canvas.setSubject(_("Order %(number)s") % {"number": document.order_number})
    canvas.setCreator(document.seller.name)
    with written_for(document.buyer.address.country):
        _draw_pages(Pen(canvas), document)
    canvas.save()
    return file.getvalue()


def _draw_pages(pen: Pen, document: Document) -> None:
    first_top = letterhead.first_page_bottom(document) - table.HEAD
    pages = paginate(
        table.rows(document),
        first=first_top - letterhead.FOOT,
        later=letterhead.LATER_TOP - table.HEAD - letterhead.FOOT,
        closing=closing.height(document),
    )
    for page in pages:
        if page.number == 1:
            letterhead.draw_first(pen, document)
        else:
            letterhead.draw_later(pen, document)
        letterhead.draw_foot(pen, document, page.number, len(pages))
        top = first_top if page.number == 1 else letterhead.LATER_TOP - table.HEAD
        bottom = table.draw(pen, document, page, top)
        if page is pages[-1]:
            closing.draw(pen, document, bottom)
        pen.next_page()
