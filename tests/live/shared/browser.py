"""A browser for the tests of pages."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.live.shop import Shop
from tests.support.machine import part

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of its own. One at a time: Playwright runs once in a thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=part("browser").path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def administrator(shop: Shop, browser: Browser | None = None, **context: Any) -> Iterator[Page]:
    """A page of a browser, this or a new one, in which the administrator is signed in."""
    with nullcontext(browser) if browser else chromium() as opened:
        viewport = {"width": 1280, "height": 900}
        with opened.new_context(viewport=viewport, **context) as window:
            page = window.new_page()
            page.goto(f"{shop.url}/admin/login/?next=/admin/")
            page.fill("[name=username]", "admin")
            page.fill("[name=password]", "admin")
            page.click("button[type=submit]")
            expect(page).to_have_url(f"{shop.url}/admin/")
            yield page
