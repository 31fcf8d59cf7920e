"""Text as runs of glyphs in the order in which they stand on the page.

A run has one font and one direction. Scripts whose letters join, move or change their order are
shaped by HarfBuzz; left and right are sorted out by Unicode Annex 9.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import uharfbuzz
from bidi import algorithm as bidi
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import ShapeData, ShapedStr

from shop.pdf.fonts import MAIN, REPLACEMENT, SYMBOLS, UNITS, Cut, Family, families

JOINERS = {"\N{ZERO WIDTH NON-JOINER}", "\N{ZERO WIDTH JOINER}"}
RIGHT_TO_LEFT = {"R", "AL"}
LEFT_OUT = "BN"
LAST_BMP = 0xFFFF
NO_GLYPH = 0


@dataclass(frozen=True)
class Run:
    """`shown` is what reportlab draws, `text` what it says; `width` is that at one point."""

    cut: Cut
    shown: str
    text: str
    width: float

    @property
    def shaped(self) -> bool:
        return isinstance(self.shown, ShapedStr)


@lru_cache(maxsize=4096)
def runs(text: str, country: str, bold: bool = False) -> tuple[Run, ...]:
    """The text from left to right. What no font has shows as a replacement character."""
    if MAIN.characters.issuperset(map(ord, text)) and not _has_marks(text):
        return (_plain(text, MAIN.bold if bold else MAIN.regular),)
    pieces = []
    for level, family, part in _itemized(text, families(country)):
        cut = family.bold if bold else family.regular
        pieces.append((level, _shaped(part, cut, backwards=level % 2 == 1)))
    return tuple(run for piece in _visual(pieces) for run in piece)


def _has_marks(text: str) -> bool:
    return not text.isascii() and any(joins(character) for character in text)


def joins(character: str) -> bool:
    """Whether it belongs to the character before it: an accent, a joiner, a variation."""
    return unicodedata.category(character)[0] == "M" or character in JOINERS


def _itemized(text: str, fonts: Iterable[Family]) -> Iterator[tuple[int, Family, str]]:
    """Parts of one direction and one font, in the order in which they are read."""
    marked = list(zip(_levels(text), _chosen(text, tuple(fonts)), strict=True))
    for (level, family), same in groupby(marked, key=lambda one: (one[0], one[1][0])):
        yield level, family, "".join(character for _, (_, character) in same)


def _levels(text: str) -> list[int]:
    """The embedding level of each character; odd ones are read from the right.

    A character that Unicode has assigned since this Python was made has no class here: it goes
    with its neighbours, as the substitute does that is drawn for it.
    """
    text = "".join(c if unicodedata.bidirectional(c) else REPLACEMENT for c in text)
    classes = [unicodedata.bidirectional(character) for character in text]
    if RIGHT_TO_LEFT.isdisjoint(classes):
        return [0] * len(text)
    storage = bidi.get_empty_storage()
    storage["base_level"] = bidi.get_base_level(text)
    storage["base_dir"] = ("L", "R")[storage["base_level"]]
    bidi.get_embedding_levels(text, storage)
    bidi.explicit_embed_and_overrides(storage)
    bidi.resolve_weak_types(storage)
    bidi.resolve_neutral_types(storage, False)
    bidi.resolve_implicit_levels(storage, False)
    # The algorithm leaves out joiners (rule X9); they go with what is before them.
    found = iter(storage["chars"])
    levels: list[int] = []
    for kind in classes:
        last = levels[-1] if levels else storage["base_level"]
        levels.append(last if kind == LEFT_OUT else next(found)["level"])
    return levels


def _chosen(text: str, fonts: tuple[Family, ...]) -> Iterator[tuple[Family, str]]:
    """Each character with its font; the substitute for those that no font has.

    Blanks, punctuation, accents and what a joiner ties on stay in the font of what is before
    them, so that words are shaped whole.
    """
    current: Family | None = None
    before = ""
    for character in text:
        if current is None or not _stays(character, before, current):
            found = next((font for font in fonts if ord(character) in font.characters), None)
            current, character = (found, character) if found else (MAIN, REPLACEMENT)
        yield current, character
        before = character


def _stays(character: str, before: str, font: Family) -> bool:
    if character in JOINERS or _chooses_picture(character):
        return True
    # The blanks of symbols and emoji are not those of words.
    between = "S" if font in SYMBOLS else "ZPS"
    tied = joins(character) or before in JOINERS or unicodedata.category(character)[0] in between
    return tied and ord(character) in font.characters


def _chooses_picture(character: str) -> bool:
    """Variation selectors are seen in the character before them, or not at all."""
    return unicodedata.name(character, "").startswith("VARIATION SELECTOR")


def _shaped(text: str, cut: Cut, *, backwards: bool) -> list[Run]:
    """The runs from left to right; letters that join across runs are still joined."""
    simple = not cut.shaped and not _has_marks(text) and max(map(ord, text)) <= LAST_BMP
    if simple and not backwards:
        return [_plain(text, cut)]
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if backwards else "ltr"
    uharfbuzz.shape(cut.harfbuzz, buffer)
    glyphs = list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True))
    if any(info.codepoint == NO_GLYPH for info, _ in glyphs):
        return [_plain(REPLACEMENT * len(text), MAIN.regular)]
    if not backwards:
        return [_drawn(glyphs, text, cut)]
    # Readers of PDF turn what stands from right to left back themselves, run by run.
    starts = sorted({info.cluster for info, _ in glyphs})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    return [
        _drawn(list(same), text[start : ends[start]], cut)
        for start, same in groupby(glyphs, key=lambda glyph: glyph[0].cluster)
    ]


def _drawn(glyphs: list[tuple[Any, Any]], text: str, cut: Cut) -> Run:
    shown, data = "", []
    for info, position in glyphs:
        glyph = cut.glyph(info.codepoint)
        shown += glyph
        places = (position.x_advance, position.y_advance, position.x_offset, position.y_offset)
        width = cut.face.charWidths[ord(glyph)]
        data.append(ShapeData(info.cluster, *(place * cut.scale for place in places), width))
    advance = sum(one.x_advance for one in data) / UNITS
    return Run(cut, ShapedStr(shown, data), text, advance)


def _plain(text: str, cut: Cut) -> Run:
    return Run(cut, text, text, stringWidth(text, cut.fontName, 1))


def _visual(pieces: list[tuple[int, list[Run]]]) -> list[list[Run]]:
    """From the order of reading to that on the page (Unicode Annex 9, rule L2)."""
    for level in range(max((level for level, _ in pieces), default=0), 0, -1):
        turned: list[tuple[int, list[Run]]] = []
        for inside, found in groupby(pieces, key=lambda piece: piece[0] >= level):
            same = list(found)
            turned += reversed(same) if inside else same
        pieces = turned
    return [runs for _, runs in pieces]
