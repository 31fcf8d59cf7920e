"""Text that fits: how wide it is, and where it breaks."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from shop.pdf.shaping import JOINERS, Run, joins, runs

SMALLEST = 4.0
"""Points below which text is not shrunk any further."""

VIRAMA = 9
"""The combining class of signs that tie a consonant to the next one."""

_country: ContextVar[str] = ContextVar("country", default="")


@contextmanager
def written_for(country: str) -> Iterator[None]:
    """Draw Chinese characters as people in this country (ISO 3166-1 alpha-2) write them."""
    before = _country.set(country)
    try:
        yield
    finally:
        _country.reset(before)


def clean(text: str) -> str:
    """One line without control and format characters, letters and accents composed.

    Joiners stay, since letters depend on them, and so does what no font can have.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    spaced = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    kept = "".join(c for c in spaced if c in JOINERS or unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def placed(text: str, bold: bool = False) -> tuple[Run, ...]:
    """The clean text as it stands on the page."""
    return runs(text, _country.get(), bold)


def width(text: str, size: float, bold: bool = False) -> float:
    """In points."""
    return sum(run.width for run in placed(text, bold)) * size


def fitting_size(text: str, room: float | None, size: float, bold: bool = False) -> float:
    """The size, or the smaller one at which the text is no wider than `room`, if that is given."""
    if room is None:
        return size
    wide = width(text, size, bold)
    return size if wide <= room else max(SMALLEST, size * room / wide)


def wrap(text: str, room: float, size: float) -> list[str]:
    """Break the text into lines no wider than `room` points.

    Words that are wider break after a hyphen, or else between any two letters.
    """
    return list(_wrapped(text, room, size, _country.get()))


@lru_cache(maxsize=1024)
def _wrapped(text: str, room: float, size: float, _drawn_for: str) -> tuple[str, ...]:
    lines = [""]
    for word in clean(text).split():
        joined = f"{lines[-1]} {word}".strip()
        if width(joined, size) <= room:
            lines[-1] = joined
            continue
        *full, rest = _pieces(word, room, size)
        lines += [*full, rest]
    return tuple(line for line in lines if line)


def _pieces(word: str, room: float, size: float) -> list[str]:
    pieces = [""]
    for letter in _letters(word):
        if pieces[-1] and width(pieces[-1] + letter, size) > room:
            hyphen = pieces[-1].rfind("-") + 1 or len(pieces[-1])
            pieces[-1:] = [pieces[-1][:hyphen], pieces[-1][hyphen:]]
        pieces[-1] += letter
    return pieces


def _letters(word: str) -> list[str]:
    """The word's characters, each with the accents and what else is tied to it."""
    letters: list[str] = []
    for character in word:
        last = letters[-1][-1] if letters else ""
        tied = joins(character) or (
            last and (last in JOINERS or unicodedata.combining(last) == VIRAMA)
        )
        if tied and letters:
            letters[-1] += character
        else:
            letters.append(character)
    return letters
