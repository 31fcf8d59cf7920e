"""Pictures that the shop draws for products without one of their own, as SVG.

A drawing is a motif in the colours of a palette. Both follow from the product's SKU and category,
so a product has the same picture everywhere, and its address says all that is needed to draw it.
"""

import re
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import NamedTuple

from django.urls import reverse

MOTIFS = Path(__file__).parent / "motifs"
"""One file for each motif: a fragment of SVG, 400 units wide and high, with `$` and the name of a
colour where a colour stands."""

PLAIN = "parcel"
"""The motif of a product of which nothing else is known."""

ALSO = {
    "book": "books",
    "clothes": "shirt",
    "cup": "mug",
    "drinks": "bottle",
    "flower": "plant",
    "oil": "olive",
    "plants": "plant",
    "pot": "kitchen",
    "toy": "toys",
    "wine": "bottle",
}
"""Further words for some motifs."""


class Palette(NamedTuple):
    """The colours of a drawing."""

    ground: str
    shade: str
    main: str
    deep: str
    accent: str
    light: str
    ink: str


PALETTES = (
    Palette("#e6f2ef", "#cfe5df", "#0f766e", "#0b4f4a", "#f2b84b", "#fdfaf3", "#12312e"),
    Palette("#fbeee3", "#f4dcc8", "#c4572f", "#8d3a1c", "#2f6f73", "#fffaf2", "#3b1d12"),
    Palette("#e9edf8", "#d3dcf1", "#3d5a98", "#263c6e", "#ef8f5b", "#fbfaf5", "#18233f"),
    Palette("#f8f0d9", "#efe0b6", "#b7862c", "#7e5a17", "#3f6b52", "#fffdf5", "#3a2a0d"),
    Palette("#f3e8f0", "#e6d2e1", "#8a4a78", "#5f2f52", "#e0a33d", "#fdf8f9", "#35192d"),
    Palette("#e8f1e2", "#d2e4c7", "#4f7d3a", "#345625", "#d9634a", "#fbfcf3", "#1d3114"),
)

BACKDROPS = (
    '<circle cx="200" cy="190" r="150" fill="$shade"/>',
    '<path d="M70 400V190a130 130 0 0 1 260 0v210z" fill="$shade"/>',
    '<path d="M0 270q100-70 200-20t200-40v190H0z" fill="$shade"/>',
    '<circle cx="290" cy="120" r="84" fill="$shade"/><path d="M0 300h400v100H0z" fill="$shade"/>',
)


def drawing_url(sku: str, category: str) -> str:
    """The address of the drawing for a SKU in the category with this slug, or in none."""
    named = (ALSO.get(word, word) for word in _words(sku, category))
    motif = next((word for word in named if word in _motifs()), PLAIN)
    seed = sha256(sku.encode()).hexdigest()[:4]
    return reverse("drawing", args=[motif, seed, version(motif)])


@lru_cache(maxsize=1024)
def draw(motif: str, seed: str) -> str:
    """The drawing as an SVG document; `seed` is any text, and decides palette and backdrop.

    Raises:
        KeyError: there is no such motif.
    """
    number = int.from_bytes(sha256(seed.encode()).digest()[:4])
    palette = PALETTES[number % len(PALETTES)]
    backdrop = BACKDROPS[number // len(PALETTES) % len(BACKDROPS)]
    shapes = f'<rect width="400" height="400" fill="$ground"/>{backdrop}{_motifs()[motif]}'
    drawn = Template(shapes).substitute(palette._asdict())
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">{drawn}</svg>'


@cache
def version(motif: str) -> str:
    """It changes with the drawing, so that an address can be cached for good.

    Raises:
        KeyError: there is no such motif.
    """
    source = repr((PALETTES, BACKDROPS, _motifs()[motif]))
    return sha256(source.encode()).hexdigest()[:8]


@cache
def _motifs() -> dict[str, str]:
    return {path.stem: path.read_text() for path in MOTIFS.glob("*.svg")}


def _words(sku: str, category: str) -> list[str]:
    """The last word of a SKU says most: KITCHEN-MUG is a mug."""
    words = [word for word in re.split("[^a-z]+", sku.lower()) if word]
    return [*reversed(words), category]
