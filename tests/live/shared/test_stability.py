"""Live pages keep still: an update moves nothing that one reads or is about to click."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.live.shared.browser import administrator
from tests.live.shared.pages import VIEWS
from tests.live.shop import Shop

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.sqlite, pytest.mark.timeout(300)]

LARGEST = 0.01
"""Of the sum of layout shifts (W3C Layout Instability); a good page has less than 0.1."""

WATCH = """window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.shifts.push({
  value: entry.value, of: entry.sources.map((source) => source.node?.outerHTML?.slice(0, 200)),
}))).observe({ type: "layout-shift", buffered: true });"""

FORGET_THE_LOAD = """async () => {
  await document.fonts.ready;
  await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn, 100)));
  window.shifts = [];
}"""
"""For the admin, whose theme shows another font until its own has come."""


@pytest.fixture(scope="module", params=["light-1280", "dark-360"])
def page(shop: Shop, request: pytest.FixtureRequest) -> Iterator[Page]:
    theme, width = VIEWS[request.param]
    with administrator(shop, color_scheme=theme) as page:
        page.set_viewport_size({"width": width, "height": 900})
        page.add_init_script(WATCH)
        yield page


def assert_still(page: Page) -> None:
    shifts = page.evaluate("window.shifts")

    assert sum(shift["value"] for shift in shifts) <= LARGEST, shifts


def test_dashboard_keeps_still_while_orders_come_in(shop: Shop, page: Page) -> None:
    page.goto(f"{shop.url}/analytics/")
    expect(page.locator("#state")).to_have_text("Live")
    before = int(page.locator("#today-orders").inner_text())

    orders = [shop.place_order() for _ in range(3)]
    for order in orders:
        shop.wait_until_settled(order, 60)

    expect(page.locator("#today-orders")).to_have_text(str(before + 3), timeout=15_000)
    assert_still(page)


def test_orders_page_keeps_still_until_the_goods_are_packed(shop: Shop, page: Page) -> None:
    order = shop.place_order()
    page.goto(order["links"]["page"].replace("localhost", "127.0.0.1"))

    shop.wait_until_settled(order, 60)

    expect(page.locator("main")).to_contain_text("Invoice (PDF)", timeout=15_000)
    assert_still(page)


def test_console_keeps_still_while_orders_come_in(shop: Shop, page: Page) -> None:
    page.goto(f"{shop.url}/admin/bus/console/")
    page.evaluate(FORGET_THE_LOAD)
    refreshed = page.locator(".summary time")
    before = refreshed.inner_text()

    for order in [shop.place_order() for _ in range(3)]:
        shop.wait_until_settled(order, 60)

    expect(refreshed).not_to_have_text(before, timeout=15_000)
    assert_still(page)
