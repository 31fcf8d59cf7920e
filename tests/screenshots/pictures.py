"""Takes pictures of pages, and makes those of the README small."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.live.shared.browser import administrator
from tests.live.shared.pages import Visitor
from tests.live.shop import Shop

COLOURS = 128
"""As many as a picture of the README has: enough for text, at a third of the bytes."""

TALLEST = 5000
"""Pixels of a picture at most; a list may be longer."""

SETTLES = 400
"""Milliseconds until a page has drawn its charts and its pictures."""


@dataclass(frozen=True)
class View:
    """How a page is looked at."""

    theme: str
    width: int
    height: int
    locale: str = "en-GB"

    def __str__(self) -> str:
        return f"{self.theme}-{self.width}"


VIEWS = tuple(
    View(theme, width, height)
    for theme in ("light", "dark")
    for width, height in ((1280, 860), (360, 760))
)


def take(
    shop: Shop, addresses: Sequence[str], names: dict[str, str], views: Sequence[View], folder: Path
) -> Iterator[Path]:
    """Take a picture of each whole page in each view; yields each file once it is written."""
    folder.mkdir(parents=True, exist_ok=True)
    for view in views:
        with administrator(shop, color_scheme=view.theme, locale=view.locale) as page:
            page.set_viewport_size({"width": view.width, "height": view.height})
            visitor = Visitor(page, shop, names)
            for address in addresses:
                file = folder / f"{file_name(address)}-{view}.png"
                visitor.open(address)
                photograph(page, file)
                yield file


def photograph(page: Page, file: Path, *, whole: bool = True) -> None:
    """`whole`: all of the page, not only what is on the screen at first."""
    page.wait_for_timeout(SETTLES)
    before = page.viewport_size
    if whole and before:
        # Not `full_page`: bars that stick to the screen's edge would stand in the middle.
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": before["width"], "height": min(height, TALLEST)})
    page.screenshot(path=file)
    if before:
        page.set_viewport_size(before)


def file_name(address: str) -> str:
    """The address in words: `/admin/orders/order/1/change/` is `admin-orders-order-1-change`."""
    return "-".join(re.findall(r"[A-Za-z0-9]+", address)) or "front"


def compress(file: Path) -> int:
    """Write the picture with few colours; its bytes afterwards."""
    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(file, optimize=True)
    return file.stat().st_size
