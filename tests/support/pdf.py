"""A drawn document read back: its fonts, and every glyph that stands on its pages."""

import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont
from pypdf import PdfReader
from pypdf.generic import ContentStream


def text_of(content: bytes, tmp_path: Path) -> str:
    """As `pdftotext` reads it, its layout kept."""
    file = tmp_path / "document.pdf"
    file.write_bytes(content)
    command = ["pdftotext", "-layout", str(file), "-"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def fonts(content: bytes) -> dict[str, Any]:
    """The fonts that the pages name, by their names in the document."""
    return {
        name: font.get_object()
        for page in PdfReader(BytesIO(content)).pages
        for name, font in page["/Resources"]["/Font"].items()
    }


def embedded(font: Any) -> TTFont:
    """The font's own file; KeyError where the document has none."""
    file = font["/FontDescriptor"]["/FontFile2"].get_data()
    return TTFont(BytesIO(file))


def drawn(content: bytes) -> Iterator[tuple[str, int]]:
    """Each glyph that is drawn, as the name of its font and its code in it."""
    reader = PdfReader(BytesIO(content))
    for page in reader.pages:
        font = ""
        for operands, operator in ContentStream(page.get_contents(), reader).operations:
            if operator == b"Tf":
                font = operands[0]
            elif operator == b"Tj":
                yield from ((font, code) for code in operands[0].original_bytes)
            elif operator == b"TJ":
                for part in operands[0]:
                    if hasattr(part, "original_bytes"):
                        yield from ((font, code) for code in part.original_bytes)


def missing(content: bytes) -> list[tuple[str, int]]:
    """What is drawn without a picture of its own: the glyph that stands for none."""
    glyphs = {name: _glyphs(embedded(font)) for name, font in fonts(content).items()}
    return [(font, code) for font, code in drawn(content) if not glyphs[font].get(code)]


def pictures(content: bytes) -> set[tuple[Any, ...]]:
    """The outlines of all glyphs that are drawn."""
    files = {name: embedded(font) for name, font in fonts(content).items()}
    found = set()
    for name, code in set(drawn(content)):
        file = files[name]
        glyph = file["glyf"][file.getGlyphName(_glyphs(file)[code])]
        found.add(tuple(glyph.getCoordinates(file["glyf"])[0]))
    return found


def _glyphs(font: TTFont) -> dict[int, int]:
    """The index of a glyph by its code."""
    [table] = [table for table in font["cmap"].tables if table.platformID == 1]
    return {code: font.getGlyphID(name) for code, name in table.cmap.items()}
