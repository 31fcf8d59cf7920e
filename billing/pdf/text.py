"""Text that fits: which font has it, how wide it is, where it breaks."""

import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont

SMALLEST = 4.0
"""Points below which text is not shrunk any further."""


def clean(text: str) -> str:
    """One line without control, format, private or unassigned characters, letters composed."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    spaced = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    kept = "".join(c for c in spaced if unicodedata.category(c)[0] != "C")
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def font(text: str, bold: bool = False) -> str:
    """The name of the font to set the text in.

    The fonts that every PDF reader has cost nothing but know the letters of Western Europe
    alone; Noto Sans is embedded where a text needs more.
    """
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return _noto()
    return "Helvetica-Bold" if bold else "Helvetica"


@cache
def _noto() -> str:
    # Read when first needed: 15 ms that most workers and no web process ever spend.
    path = files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf"
    registerFont(TTFont("NotoSans", str(path)))
    return "NotoSans"


def width(text: str, size: float, bold: bool = False) -> float:
    """In points."""
    return stringWidth(text, font(text, bold), size)


def fitting_size(text: str, room: float, size: float, bold: bool = False) -> float:
    """The size, or the smaller one at which the text is no wider than `room`."""
    wide = width(text, size, bold)
    return size if wide <= room else max(SMALLEST, size * room / wide)


@lru_cache(maxsize=1024)
def wrap(text: str, room: float, size: float) -> list[str]:
    """Break the text into lines no wider than `room` points.

    Words that are wider break after a hyphen, or else anywhere.
    """
    lines = [""]
    for word in clean(text).split():
        joined = f"{lines[-1]} {word}".strip()
        if width(joined, size) <= room:
            lines[-1] = joined
            continue
        *full, rest = _pieces(word, room, size)
        lines += [*full, rest]
    return [line for line in lines if line]


def _pieces(word: str, room: float, size: float) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter, size) > room:
            hyphen = pieces[-1].rfind("-") + 1 or len(pieces[-1])
            pieces[-1:] = [pieces[-1][:hyphen], pieces[-1][hyphen:]]
        pieces[-1] += letter
    return pieces
