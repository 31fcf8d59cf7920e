"""A browser for the tests of pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from tests.live.shop import Shop
from tests.support.machine import part

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def administrator(shop: Shop, **context: Any) -> Iterator[Page]:
    """A page of a browser in which the administrator is signed in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=part("browser").path, args=FLAGS)
        viewport = {"width": 1280, "height": 900}
        page = browser.new_context(viewport=viewport, **context).new_page()
        page.goto(f"{shop.url}/admin/login/?next=/admin/")
        page.fill("[name=username]", "admin")
        page.fill("[name=password]", "admin")
        page.click("button[type=submit]")
        expect(page).to_have_url(f"{shop.url}/admin/")
        yield page
        browser.close()
