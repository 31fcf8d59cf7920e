"""A page of failures in a browser: it loads itself again, but not over a note being written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.live.shared.browser import chromium

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.sqlite, pytest.mark.timeout(300)]

SCRIPT = Path(__file__).parents[2] / "bus/static/bus/reload.js"
ADDRESS = "http://shop.test/"
PAGE = f"""<!doctype html><div class="failures"><form method="post">
<textarea>\nas it is kept</textarea><button>Save the note</button></form></div>
<script type="module">{SCRIPT.read_text()}</script>"""
A_WHILE = 10_000
"""Milliseconds of the page's clock."""


@pytest.fixture
def loads() -> list[str]:
    """The method of each request for the page."""
    return []


@pytest.fixture
def page(loads: list[str]) -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page()
        page.clock.install()

        def answer(route: Route) -> None:
            loads.append(route.request.method)
            route.fulfill(body=PAGE, content_type="text/html")

        page.route("**/*", answer)
        page.goto(ADDRESS)
        yield page


def test_page_is_loaded_again_until_a_note_is_written(page: Page, loads: list[str]) -> None:
    with page.expect_navigation():
        page.clock.fast_forward(A_WHILE)
    assert loads == ["GET", "GET"]

    page.fill("textarea", "ask the provider")
    page.locator("textarea").blur()
    page.clock.fast_forward(A_WHILE)
    page.wait_for_load_state()

    assert loads == ["GET", "GET"]
    assert page.input_value("textarea") == "ask the provider"
