"""Pages of staff and customers as a screen reader meets them: judged by axe-core (WCAG 2)."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from tests.live.shop import Shop
from tests.support.machine import part

# Once is enough: what a page looks like does not depend on the database.
pytestmark = [
    pytest.mark.live,
    pytest.mark.browser,
    pytest.mark.sqlite,
    pytest.mark.timeout(300),
]

ADMIN = "/admin/"
PAGES = [
    "/",
    "/api/problems/",
    "/analytics/",
    "/admin/",
    "/admin/orders/order/",
    "/admin/orders/order/add/",
    "/admin/shop/product/add/",
    "/admin/inventory/stockitem/",
    "/admin/inventory/stockitem/1/change/",
    "/admin/fulfillment/packingboard/",
    "/admin/bus/delivery/",
    "/admin/bus/subscription/1/backfill/",
    "/admin/bus/subscription/",
    "/admin/bus/operatoraction/",
]
GRAVE = {"critical", "serious"}


@pytest.fixture(scope="module", params=["light", "dark"])
def staff(shop: Shop, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser in which the administrator is signed in."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=part("browser").path, args=flags)
        page = browser.new_context(
            viewport={"width": 1280, "height": 900}, color_scheme=request.param
        ).new_page()
        page.goto(f"{shop.url}/admin/login/")
        page.fill("[name=username]", "admin")
        page.fill("[name=password]", "admin")
        page.click("button[type=submit]")
        expect(page).to_have_url(f"{shop.url}{ADMIN}")
        yield page
        browser.close()


@pytest.mark.parametrize("address", PAGES)
def test_page_has_no_serious_accessibility_violation(staff: Page, shop: Shop, address: str) -> None:
    staff.goto(f"{shop.url}{address}")

    found = Axe().run(staff).response["violations"]

    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in GRAVE] == []


@pytest.mark.parametrize("address", PAGES)
def test_page_fits_a_phone(staff: Page, shop: Shop, address: str) -> None:
    staff.set_viewport_size({"width": 360, "height": 800})
    try:
        staff.goto(f"{shop.url}{address}")
        assert staff.evaluate("document.documentElement.scrollWidth") <= 360
    finally:
        staff.set_viewport_size({"width": 1280, "height": 900})
