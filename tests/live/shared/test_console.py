"""The operator's console in a browser: it refreshes itself, and keeps filters and the keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.live.shared.browser import administrator
from tests.live.shop import Shop

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.sqlite, pytest.mark.timeout(300)]

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
REFRESHED = 12_000
"""Milliseconds: two refreshes, on a busy machine."""


@pytest.fixture(scope="module")
def page(shop: Shop) -> Iterator[Page]:
    shop.wait_until_settled(shop.place_order(), 60)
    with administrator(shop) as page:
        yield page


def at(page: Page) -> str:
    return page.locator("[data-live] time").first.inner_text()


def test_figures_are_refreshed(shop: Shop, page: Page) -> None:
    page.goto(f"{shop.url}/admin/bus/console/")
    before = at(page)

    expect(page.locator("[data-live] time").first).not_to_have_text(before, timeout=REFRESHED)


def test_workers_of_the_shop_are_alive(shop: Shop, page: Page) -> None:
    page.goto(f"{shop.url}/admin/bus/console/")

    expect(page.locator("[data-live]")).to_contain_text("billing, 2 processes", timeout=30_000)
    expect(page.locator("[data-live] .alarm")).to_have_count(0, timeout=REFRESHED)


def test_filter_is_kept_in_the_address_and_by_a_refresh(shop: Shop, page: Page) -> None:
    page.goto(f"{shop.url}/admin/bus/console/")
    page.select_option("[name=queue]", "billing")
    page.click(".filters button:has-text('Show')")
    before = at(page)

    expect(page.locator("[data-live] time").first).not_to_have_text(before, timeout=REFRESHED)
    assert "queue=billing" in page.url
    expect(page.locator("tr.queue")).to_have_count(1)


def test_refreshing_stops_while_the_page_is_hidden(shop: Shop, page: Page) -> None:
    page.goto(f"{shop.url}/admin/bus/console/")
    page.evaluate(HIDE, True)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.wait_for_timeout(7_000)
    assert sent == []

    page.evaluate(HIDE, False)
    page.wait_for_timeout(1_500)
    assert [url for url in sent if url.endswith("/admin/bus/console/")]


def test_refreshing_can_be_paused(shop: Shop, page: Page) -> None:
    page.goto(f"{shop.url}/admin/bus/console/")
    page.click("[data-pause]")
    before = at(page)
    page.wait_for_timeout(6_500)
    assert at(page) == before

    page.click("[data-pause]")
    expect(page.locator("[data-live] time").first).not_to_have_text(before, timeout=REFRESHED)


def test_keyboard_stays_on_its_link(shop: Shop, page: Page) -> None:
    page.goto(f"{shop.url}/admin/bus/console/")
    link = page.locator("[data-live] a").nth(2)
    address, before = link.get_attribute("href"), at(page)
    page.locator("[data-pause]").focus()
    for _ in range(3):
        page.keyboard.press("Tab")

    expect(page.locator("[data-live] time").first).not_to_have_text(before, timeout=REFRESHED)
    focused = page.evaluate("document.activeElement.getAttribute('href')")
    assert focused == address


def test_order_is_followed_from_the_matrix(shop: Shop, page: Page) -> None:
    order = shop.place_order()
    shop.wait_until_settled(order, 60)
    page.goto(f"{shop.url}/admin/bus/console/streams/")
    page.fill("[name=q]", order["number"])
    page.keyboard.press("Enter")

    expect(page.locator(".console .badge").first).to_have_text("settled")
    expect(page.locator(".timeline")).to_contain_text("OrderPlaced")
