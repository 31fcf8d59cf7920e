"""Drawing on a page: points from the lower left corner, colours by their role."""

from collections.abc import Iterable

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfgen.canvas import Canvas

from shop import qr
from shop.pdf.shaping import Run
from shop.pdf.text import clean, fitting_size, placed, width

ACCENT = HexColor("#0f766e")
"""The shop's colour, as its pages and mails have it."""

INK = HexColor("#1c2529")
QUIET = HexColor("#5b6b70")
HAIR = HexColor("#d5dddf")
TINT = HexColor("#eef6f5")
WHITE = HexColor("#ffffff")
BLACK = HexColor("#000000")


class Pen:
    """Writes text at a baseline, and draws lines and the shop's mark."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def write(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9,
        *,
        bold: bool = False,
        colour: Color = INK,
        room: float | None = None,
    ) -> None:
        """Write from `x` to the right, smaller where the text is wider than `room`."""
        text = clean(text)
        size = fitting_size(text, room, size, bold)
        self._canvas.setFillColor(colour)
        for run in placed(text, bold):
            self._draw(run, x, y, size)
            x += run.width * size

    def _draw(self, run: Run, x: float, y: float, size: float) -> None:
        canvas = self._canvas
        canvas.setFont(run.cut.fontName, size)
        if run.shaped:
            # Glyphs are not letters: this is what a reader copies, finds and reads aloud.
            said = run.text.encode("utf-16-be").hex().upper()
            canvas.addLiteral(f"/Span << /ActualText <FEFF{said}> >> BDC")
        canvas.drawString(x, y, run.shown)
        if run.shaped:
            canvas.addLiteral("EMC")

    def write_to(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9,
        *,
        bold: bool = False,
        colour: Color = INK,
        room: float | None = None,
    ) -> None:
        """Write so that the text ends at `x`."""
        text = clean(text)
        size = fitting_size(text, room, size, bold)
        self.write(x - width(text, size, bold), y, text, size, bold=bold, colour=colour)

    def paragraph(
        self,
        x: float,
        y: float,
        lines: Iterable[str],
        size: float = 9,
        *,
        leading: float = 12,
        bold: bool = False,
        colour: Color = INK,
    ) -> float:
        """Write lines one under the other, and return the baseline that follows."""
        for line in lines:
            self.write(x, y, line, size, bold=bold, colour=colour)
            y -= leading
        return y

    def rule(
        self, x: float, y: float, to: float, *, colour: Color = HAIR, thick: float = 0.5
    ) -> None:
        self._canvas.setStrokeColor(colour)
        self._canvas.setLineWidth(thick)
        self._canvas.line(x, y, to, y)

    def band(self, x: float, y: float, to: float, height: float, colour: Color) -> None:
        self._canvas.setFillColor(colour)
        self._canvas.rect(x, y, to - x, height, stroke=0, fill=1)

    def code(self, x: float, y: float, size: float, text: str) -> None:
        """The text as a QR code with its quiet zone, `size` points wide and high, in vectors."""
        rows = qr.modules(text)
        canvas, unit = self._canvas, size / (len(rows) + 2 * qr.QUIET_ZONE)
        self.band(x, y, x + size, size, WHITE)
        canvas.saveState()
        canvas.translate(x + qr.QUIET_ZONE * unit, y + qr.QUIET_ZONE * unit)
        canvas.scale(unit, unit)
        path = canvas.beginPath()
        for below, row in enumerate(reversed(rows)):
            for start, length in qr.runs(row):
                path.rect(start, below, length, 1)
        canvas.setFillColor(BLACK)
        canvas.drawPath(path, stroke=0, fill=1)
        canvas.restoreState()

    def mark(self, x: float, y: float, size: float) -> None:
        """The shop's mark, a bag on a tile, `size` points wide and high."""
        canvas, unit = self._canvas, size / 32
        canvas.saveState()
        canvas.translate(x, y)
        canvas.scale(unit, unit)
        canvas.setFillColor(ACCENT)
        canvas.roundRect(0, 0, 32, 32, 7, stroke=0, fill=1)
        canvas.setStrokeColor(WHITE)
        canvas.setFillColor(WHITE)
        canvas.setLineWidth(2.2)
        canvas.arc(11, 14.5, 21, 27, 0, 180)
        canvas.roundRect(7.5, 6, 17, 14.5, 2.5, stroke=0, fill=1)
        canvas.setStrokeColor(ACCENT)
        canvas.setLineWidth(1.8)
        canvas.setLineCap(1)
        canvas.arc(12, 11, 20, 19, 180, 180)
        canvas.restoreState()

    def box(self, x: float, y: float, size: float) -> None:
        """An empty square, to be ticked by hand."""
        self._canvas.setStrokeColor(QUIET)
        self._canvas.setLineWidth(0.8)
        self._canvas.rect(x, y, size, size, stroke=1, fill=0)

    def barcode_to(self, x: float, y: float, text: str, height: float, bar: float = 0.9) -> None:
        """Code 128 of an ASCII text that ends at `x`; its thinnest bar is `bar` points wide."""
        code = Code128(text, barHeight=height, barWidth=bar, quiet=False)
        code.drawOn(self._canvas, x - code.width, y)

    def next_page(self) -> None:
        self._canvas.showPage()
