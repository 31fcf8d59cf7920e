"""Pages of staff and customers as a screen reader meets them: judged by axe-core (WCAG 2)."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.live.shared.browser import administrator
from tests.live.shop import Shop

# Once is enough: what a page looks like does not depend on the database.
pytestmark = [
    pytest.mark.live,
    pytest.mark.browser,
    pytest.mark.sqlite,
    pytest.mark.timeout(300),
]

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
    with administrator(shop, color_scheme=request.param) as page:
        yield page


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
