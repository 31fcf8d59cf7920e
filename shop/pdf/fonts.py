"""The fonts of documents: which characters each has, and its two weights as reportlab wants them.

All are embedded as subsets, and none is one of PDF's own: an archive (PDF/A) and a reader without
them must show the same. The files are variable fonts, of which reportlab reads the default weight
alone; HarfBuzz cuts the wanted weight out in some milliseconds, once per process.
"""

import re
from functools import cache, cached_property
from importlib.resources import files
from io import BytesIO
from typing import Any

import uharfbuzz
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = 400, 700
UNITS = 1000
"""Per em, in which PDF gives the widths of glyphs."""

FIRST_GLYPH = 0xF0000
"""Glyph n of a shaped text goes by this code plus n: a plane for private use has room for all."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
NOTO = "manimgx_fonts/NotoSans{}[wght].ttf"
HAN = "justmytype_intl_cjk/fonts/ofl/notosans{}/NotoSans{}[wght].ttf"

SCRIPTS = [
    *("Arabic", "Hebrew", "Devanagari", "Thai", "Bengali", "Tamil", "Telugu", "Gujarati"),
    *("Gurmukhi", "Kannada", "Malayalam", "Oriya", "Sinhala", "Khmer", "Lao", "Myanmar"),
    *("Armenian", "Georgian", "Ethiopic"),
]
REGIONS = {"JP": "JP", "KR": "KR", "KP": "KR", "TW": "TC", "HK": "TC", "MO": "TC"}
"""Where the same Chinese character is drawn in another way than in China, by country."""


class Cut(TTFont):  # type: ignore[misc]  # reportlab has no types
    """One weight of a font, for reportlab and for HarfBuzz."""

    def __init__(self, name: str, data: bytes, *, shaped: bool) -> None:
        super().__init__(name, BytesIO(data), asciiReadable=False)
        # Both weights would have the name of the variable font otherwise, and overwrite each other.
        self.face.name = name.encode("ascii")
        self.shaped = shaped
        self.harfbuzz = uharfbuzz.Font(uharfbuzz.Face(data))
        self.scale = UNITS / self.harfbuzz.face.upem

    def glyph(self, index: int) -> str:
        """The character by which reportlab draws this glyph, the same in every process."""
        code = FIRST_GLYPH + index
        if code not in self.face.charToGlyph:
            self.face.charToGlyph[code] = index
            self.face.charWidths[code] = self.harfbuzz.get_glyph_h_advance(index) * self.scale
        return chr(code)

    def addObjects(self, doc: Any) -> None:
        """Embed the subset; then write characters beyond U+FFFF as UTF-16, as a CMap wants them."""
        before = set(doc.idToObject)
        super().addObjects(doc)
        for name in set(doc.idToObject) - before:
            if name.startswith("toUnicodeCMap:"):
                stream = doc.idToObject[name]
                stream.content = re.sub(
                    r"<([0-9A-F]{5,6})>$", self._utf16, stream.content, flags=re.M
                )

    def _utf16(self, code: re.Match[str]) -> str:
        value = int(code[1], 16)
        if value >= FIRST_GLYPH:  # whose text is told by ActualText
            value = self._character(value - FIRST_GLYPH)
        return f"<{chr(value).encode('utf-16-be').hex().upper()}>"

    def _character(self, index: int) -> int:
        known = self.face.glyphToChar.get(index, ())
        return next((code for code in known if code < FIRST_GLYPH), ord(REPLACEMENT))


class Family:
    """A variable font: the characters that it has, and its weights."""

    def __init__(self, name: str, path: str, *, shaped: bool = True) -> None:
        self.name = name
        self.shaped = shaped
        self._path = path

    @cached_property
    def _source(self) -> Any:
        package, _, rest = self._path.partition("/")
        return uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(files(package) / rest)))

    @cached_property
    def characters(self) -> frozenset[int]:
        return frozenset(self._source.unicodes)

    @cached_property
    def regular(self) -> Cut:
        return self._cut(REGULAR, "Regular")

    @cached_property
    def bold(self) -> Cut:
        return self._cut(BOLD, "Bold")

    def _cut(self, weight: int, style: str) -> Cut:
        wanted = uharfbuzz.SubsetInput()
        wanted.keep_everything()
        wanted.flags |= uharfbuzz.SubsetFlags.NO_HINTING
        wanted.pin_axis_location(self._source, "wght", weight)
        data = uharfbuzz.subset(self._source, wanted).blob.data
        cut = Cut(f"{self.name}-{style}", data, shaped=self.shaped)
        registerFont(cut)
        return cut


MAIN = Family("NotoSans", NOTO.format(""), shaped=False)
"""Latin, Greek and Cyrillic; it has the substitute for what no font has."""

OTHERS = tuple(Family(f"NotoSans{script}", NOTO.format(script)) for script in SCRIPTS)
EAST_ASIAN = {
    region: Family(f"NotoSans{region}", HAN.format(region.lower(), region), shaped=False)
    for region in ("SC", "TC", "JP", "KR")
}
SYMBOLS = (
    Family("NotoSansSymbols", NOTO.format("Symbols"), shaped=False),
    Family("NotoEmoji", "manimgx_fonts/NotoEmoji[wght].ttf"),
)


@cache
def families(country: str) -> tuple[Family, ...]:
    """All fonts, in the order in which they are asked for a character.

    The country (ISO 3166-1 alpha-2) decides how Chinese characters are drawn.
    """
    first = REGIONS.get(country, "SC")
    east_asian = sorted(EAST_ASIAN, key=lambda region: region != first)
    return (MAIN, *OTHERS, *(EAST_ASIAN[region] for region in east_asian), *SYMBOLS)
