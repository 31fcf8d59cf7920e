"""A customer's order in a browser: it moves on by itself, polls if it must, and is cancelled."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.live.shared.browser import administrator, chromium
from tests.live.shop import Shop

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.sqlite, pytest.mark.timeout(300)]

WITHIN = 20_000
"""Milliseconds for all apps to do their part, on a busy machine."""

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def order(shop: Shop) -> dict[str, Any]:
    return shop.place_order()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 360, "height": 800}) as window:
        yield window.new_page()


def open_marked(page: Page, shop: Shop, order: dict[str, Any]) -> None:
    """Open the order's page, marked so that a reload would show."""
    page.goto(order["links"]["page"].replace("localhost", "127.0.0.1"))
    page.evaluate("document.body.dataset.loaded = 'once'")


def was_not_reloaded(page: Page) -> bool:
    return bool(page.evaluate("document.body.dataset.loaded") == "once")


def send_goods(shop: Shop, browser: Browser, order: dict[str, Any]) -> None:
    """Mark the order's goods as sent, on the packing board."""
    with administrator(shop, browser) as staff:
        staff.goto(f"{shop.url}/admin/fulfillment/packingboard/?q={order['number']}")
        staff.get_by_label("Carrier").fill("DHL")
        staff.get_by_label("Tracking number").fill("JD0001")
        staff.get_by_role("button", name="Dispatch").click()
        staff.wait_for_load_state()


def test_page_follows_its_order_to_the_end_without_a_reload(
    shop: Shop, browser: Browser, page: Page, order: dict[str, Any]
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: line.type == "error" and errors.append(line.text))
    open_marked(page, shop, order)

    status = page.locator("[data-part=now]")
    expect(status).to_contain_text("the invoice is written", timeout=WITHIN)
    expect(page.get_by_role("link", name="Invoice (PDF)")).to_be_visible()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    expect(page.locator("#live")).to_have_text("live")
    shop.wait_until_settled(order, 60)
    send_goods(shop, browser, order)

    expect(status).to_contain_text("Your goods are on their way", timeout=WITHIN)
    expect(page.locator(".order-steps")).to_contain_text("DHL · JD0001")
    expect(page.locator("#live")).to_be_hidden()
    assert was_not_reloaded(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert errors == []


def test_page_polls_when_its_stream_is_refused(
    shop: Shop, page: Page, order: dict[str, Any]
) -> None:
    page.route("**/stream/**", lambda route: route.fulfill(status=503))
    open_marked(page, shop, order)

    expect(page.locator("#live")).to_have_text("live, every 2 seconds", timeout=WITHIN)
    expect(page.locator("[data-part=now]")).to_contain_text("invoice is written", timeout=WITHIN)
    assert was_not_reloaded(page)


def test_page_rests_while_its_tab_is_hidden(shop: Shop, page: Page, order: dict[str, Any]) -> None:
    begun: list[str] = []
    ended: list[str] = []
    page.on("request", lambda request: "/stream/" in request.url and begun.append(request.url))
    page.on("requestfailed", lambda request: "/stream/" in request.url and ended.append("ended"))
    open_marked(page, shop, order)
    expect(page.locator("#live")).to_have_text("live", timeout=WITHIN)

    page.evaluate(HIDE, True)
    shop.wait_for(lambda: page.evaluate("1") and ended, 10)
    before = len(begun)
    page.wait_for_timeout(3000)
    assert len(begun) == before

    page.evaluate(HIDE, False)
    shop.wait_for(lambda: page.evaluate("1") and len(begun) > before, 10)
    expect(page.locator("[data-part=now]")).to_contain_text("invoice is written", timeout=WITHIN)
    assert was_not_reloaded(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_order_is_cancelled_after_a_question(
    shop: Shop, browser: Browser, order: dict[str, Any], scripts: bool
) -> None:
    with browser.new_context(java_script_enabled=scripts) as window:
        page = window.new_page()
        page.goto(order["links"]["page"].replace("localhost", "127.0.0.1"))
        page.get_by_role("link", name="Cancel this order").click()
        page.get_by_label("Why?").fill("Changed my mind")
        page.get_by_role("button", name="Yes, cancel the order").click()

        expect(page.locator("[data-part=now]")).to_contain_text("Your order is cancelled")
        expect(page.locator("[data-part=now]")).to_contain_text("Changed my mind")
        expect(page.locator("[data-part=payment]")).to_contain_text("There is nothing to pay")
        expect(page.get_by_role("link", name="Cancel this order")).to_have_count(0)
    shop.wait_until_settled(order, 60)
    assert shop.look_at(order)["status"] == "cancelled"
