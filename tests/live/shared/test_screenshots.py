"""`make screenshots` takes pictures that can be looked at."""

from pathlib import Path

import pytest
from PIL import Image

from tests.live.shop import Shop
from tests.screenshots.pictures import View, compress, file_name, take

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.sqlite, pytest.mark.timeout(300)]


def test_picture_shows_the_whole_page_in_its_theme(shop: Shop, tmp_path: Path) -> None:
    dark = View("dark", 360, 600)

    [file] = take(shop, ["/"], {}, [dark], tmp_path)

    with Image.open(file) as picture:
        assert picture.width == 360
        assert picture.height > 600
        assert picture.convert("L").getpixel((2, picture.height - 2)) < 60
    whole = file.stat().st_size
    assert compress(file) < whole


def test_pictures_of_two_pages_have_two_names() -> None:
    assert file_name("/") == "front"
    assert file_name("/orders/{placed}/") != file_name("/orders/{cancelled}/")
