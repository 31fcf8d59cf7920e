"""The dashboard in a browser: it moves by itself, and it says so when it cannot."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from analytics import services
from analytics.tests.conftest import running_dashboard
from analytics.tests.events import line, placed
from tests.support.machine import part

pytestmark = [pytest.mark.sqlite, pytest.mark.browser]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    # Playwright keeps an event loop in this thread; the database is used outside of it.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        path = part("browser").path
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, staff_session: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 800})
    cookie = {"name": "sessionid", "value": staff_session, "domain": "127.0.0.1", "path": "/"}
    context.add_cookies([cookie])
    yield context.new_page()
    context.close()


def sell(number: str) -> None:
    services.record_sales([placed(number, line("MUG", 2), at=timezone.now())])


def test_sale_moves_dashboard_without_reload(dashboard, page):
    page.goto(f"{dashboard}/analytics/")
    expect(page.locator("#state")).to_have_text("Live")
    expect(page.locator("#today-orders")).to_have_text("0")
    page.evaluate("document.body.dataset.loaded = 'once'")

    sell("SO-1")

    expect(page.locator("#today-orders")).to_have_text("1", timeout=1500)
    expect(page.locator("#today-revenue")).to_have_text("23.80")
    expect(page.locator("#products")).to_contain_text("MUG")
    expect(page.locator("#orders-chart desc")).to_contain_text("1 order")
    assert page.evaluate("document.body.dataset.loaded") == "once"


def test_amounts_in_another_currency_stand_beside_shops_own(dashboard, page):
    sell("SO-1")
    page.goto(f"{dashboard}/analytics/")
    expect(page.locator("#state")).to_have_text("Live")
    expect(page.locator("#others-charts")).to_be_hidden()

    yen = placed("SO-2", line("TEA", 1, "1200"), at=timezone.now(), currency="JPY")
    services.record_sales([yen])

    expect(page.locator("#others-revenue")).to_have_text("1,200 JPY, 1,008 net")
    expect(page.locator("#today-orders")).to_have_text("2")
    expect(page.locator("#today-revenue")).to_have_text("23.80")
    expect(page.locator("#revenue-JPY .readout")).to_have_text("Last 60 minutes · 1,200 JPY")
    expect(page.locator("#products")).to_contain_text("23.80 EUR")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_dashboard_fits_a_phone_without_script_errors(dashboard, page):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: line.type == "error" and errors.append(line.text))

    sell("SO-1")
    page.goto(f"{dashboard}/analytics/")
    expect(page.locator("#state")).to_have_text("Live")

    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert errors == []


def test_each_minute_can_be_read_with_arrow_keys(dashboard, page):
    sell("SO-1")
    page.goto(f"{dashboard}/analytics/")
    expect(page.locator("#orders-readout")).to_have_text("Last 60 minutes · 1 order")

    page.locator("#orders-chart svg").press("ArrowLeft")

    expect(page.locator("#orders-readout")).to_contain_text(":")
    sell("SO-2")
    expect(page.locator("#today-orders")).to_have_text("2")
    expect(page.locator("#orders-readout")).to_contain_text(":")


def test_dashboard_polls_when_stream_is_refused(dashboard, page):
    page.route("**/analytics/stream/", lambda route: route.fulfill(status=503))
    page.goto(f"{dashboard}/analytics/")
    expect(page.locator("#state")).to_have_text("Live, every 2 s")

    sell("SO-1")

    expect(page.locator("#today-orders")).to_have_text("1", timeout=4000)


def test_dashboard_says_when_viewer_is_signed_out(dashboard, page):
    page.route("**/analytics/stream/", lambda route: route.fulfill(status=503))
    page.goto(f"{dashboard}/analytics/")
    expect(page.locator("#state")).to_have_text("Live, every 2 s")

    page.context.clear_cookies()

    expect(page.get_by_role("link", name="Signed out: sign in")).to_be_visible()


def test_dashboard_is_not_live_when_server_is_gone(page):
    with running_dashboard() as (address, process):
        page.goto(f"{address}/analytics/")
        expect(page.locator("#state")).to_have_text("Live")

        process.terminate()

        expect(page.locator("#state")).to_have_text("Reconnecting…", timeout=10000)
