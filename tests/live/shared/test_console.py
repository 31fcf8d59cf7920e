"""The operator's console in a browser: it refreshes itself, and keeps filters and the keyboard."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.live.shared.browser import administrator
from tests.live.shared.failure import kill
from tests.live.shop import Shop

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.sqlite, pytest.mark.timeout(300)]

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
REFRESHED = 12_000
"""Milliseconds: several refreshes, on a busy machine."""


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
    assert [url for url in sent if "/admin/bus/console/board/stream/" in url]


def test_console_polls_when_its_stream_is_refused(shop: Shop, page: Page) -> None:
    page.route("**/board/stream/**", lambda route: route.fulfill(status=503))
    page.goto(f"{shop.url}/admin/bus/console/?queue=billing")
    before = at(page)

    expect(page.locator("[data-state]")).to_have_text("Live, every 2 s", timeout=REFRESHED)
    expect(page.locator("[data-live] time").first).not_to_have_text(before, timeout=REFRESHED)
    expect(page.locator("tr.queue")).to_have_count(1)
    page.unroute("**/board/stream/**")


def test_console_says_that_its_reader_is_signed_out(shop: Shop, page: Page) -> None:
    with administrator(shop, page.context.browser) as other:
        other.goto(f"{shop.url}/admin/bus/console/")
        expect(other.locator("[data-state]")).to_have_text("Live", timeout=REFRESHED)
        other.context.clear_cookies()
        other.evaluate(HIDE, True)
        other.evaluate(HIDE, False)

        expect(other.locator("[data-state]")).to_contain_text("signed out", timeout=REFRESHED)


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


def test_console_is_filtered_without_javascript(shop: Shop, page: Page) -> None:
    with administrator(shop, page.context.browser, java_script_enabled=False) as page:
        page.goto(f"{shop.url}/admin/bus/console/")
        page.select_option("[name=queue]", "billing")
        page.click(".filters button:has-text('Show')")

        expect(page.locator("tr.queue")).to_have_count(1)
        expect(page.locator("[data-refresh]")).to_be_hidden()


@contextmanager
def frozen(shop: Shop, queue: str) -> Iterator[None]:
    """The queue's worker does nothing, and gives no sign of life."""
    shop.send_signal(f"worker-{queue}", signal.SIGSTOP)
    try:
        yield
    finally:
        shop.send_signal(f"worker-{queue}", signal.SIGCONT)


def test_queue_with_work_and_no_worker_is_red_and_says_how_to_start_one(
    shop: Shop, page: Page
) -> None:
    alarm = page.locator("#no-worker-analytics")

    def is_shown() -> bool:
        # As if the 30 seconds had passed for which a sign of life counts.
        shop.query("DELETE FROM bus_workerstate WHERE name LIKE 'analytics@%'")
        page.goto(f"{shop.url}/admin/bus/console/")
        return alarm.is_visible()

    with frozen(shop, "analytics"):
        order = shop.place_order()
        shop.wait_for(is_shown, 30)

        expect(alarm).to_contain_text("has something to do and no worker")
        expect(alarm.locator("code")).to_have_text("celery -A config worker --queues analytics")
        row = page.locator("tr.queue.red").filter(has_text="analytics")
        expect(row.locator(".badge")).to_contain_text("no worker")
    shop.wait_until_settled(order, 60)
    expect(alarm).to_have_count(0, timeout=3 * REFRESHED)


def test_blocked_lane_says_what_blocks_it_until_that_is_delivered_again(
    shop: Shop, page: Page
) -> None:
    with frozen(shop, "fulfillment"):
        order = shop.place_order()
        lane = f"stream = '{order['number']}' AND ordered AND subscription_id IN "
        lane += "(SELECT id FROM bus_subscription WHERE name LIKE 'fulfillment.%')"
        numbers = f"SELECT id FROM bus_delivery WHERE {lane} ORDER BY id"
        shop.wait_for(lambda: len(shop.query(numbers)) == 2, 60)
        head = shop.query(numbers)[0][0]
        group = kill(shop, head, "ValueError: no such shelf")

    page.goto(f"{shop.url}/admin/bus/console/")
    card = page.locator("#lanes + .cards li").filter(has_text=order["number"])
    expect(card).to_contain_text(f"in fulfillment: 1 waits for delivery {head} of")
    expect(card).to_contain_text("open_shipment, which is dead")
    expect(card).to_contain_text("ValueError: no such shelf")
    card.get_by_role("link", name=order["number"]).click()
    waits = f"waits for delivery {head} of its lane"
    expect(page.locator(".timeline")).to_contain_text(waits)

    page.goto(f"{shop.url}/admin/bus/delivery/failures/{group}/")
    page.get_by_role("link", name="Deliver again").click()
    page.fill("[name=reason]", "the shelf is there")
    page.get_by_role("button", name="Deliver again").click()
    assert shop.wait_until_settled(order, 60)["fulfillment"] == {"done"}
