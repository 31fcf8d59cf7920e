"""QR codes say what they are to say, to a reader that is not the library which drew them."""

import re
from io import BytesIO

import pytest
from PIL import Image

from shop import qr
from shop.tests.qr_reader import read


@pytest.mark.parametrize("length", [1, 14, 26, 62, 106, 152, 180, 213, 251, 287, 331])
def test_code_is_read_back_at_every_size(length: int) -> None:
    text = ("DE02 1203 Zürich, 42 " * 20).encode()[:length].decode(errors="ignore")

    assert read(qr.modules(text)) == text


def test_reader_notices_a_wrong_module() -> None:
    rows = [list(row) for row in qr.modules("a transfer")]
    rows[-1][-1] = not rows[-1][-1]

    with pytest.raises(AssertionError):
        read(rows)


def test_svg_draws_the_modules_within_a_quiet_zone() -> None:
    text = "a transfer"
    drawn = qr.svg(text)

    dark = {
        (int(y), int(x) + step)
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", drawn)
        for step in range(int(length))
    }
    rows = qr.modules(text)
    assert dark == {
        (y + qr.QUIET_ZONE, x + qr.QUIET_ZONE)
        for y, row in enumerate(rows)
        for x, module in enumerate(row)
        if module
    }
    assert f'viewBox="0 0 {len(rows) + 8} {len(rows) + 8}"' in drawn
    assert "style" not in drawn


def test_png_shows_the_same_modules() -> None:
    text = "a transfer"
    rows = qr.modules(text)

    image = Image.open(BytesIO(qr.png(text)))

    assert image.size == ((len(rows) + 8) * qr.PIXELS,) * 2
    middle = qr.PIXELS // 2
    shown = tuple(
        tuple(
            image.getpixel(
                ((x + qr.QUIET_ZONE) * qr.PIXELS + middle, (y + qr.QUIET_ZONE) * qr.PIXELS + middle)
            )
            == 0
            for x in range(len(rows))
        )
        for y in range(len(rows))
    )
    assert shown == rows
    assert qr.png(text) == qr.png(text)
