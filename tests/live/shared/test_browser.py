"""Staff at work: an order placed in the admin moves the dashboard that stands open meanwhile."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.live.shared.browser import administrator
from tests.live.shop import CUSTOMER, Shop

pytestmark = [pytest.mark.live, pytest.mark.sqlite, pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def staff(shop: Shop) -> Iterator[Page]:
    """A browser in which a member of staff is signed in."""
    with administrator(shop) as page:
        yield page


@pytest.fixture
def dashboard(shop: Shop, staff: Page) -> Iterator[Page]:
    """The dashboard in a window beside, marked so that a reload would show."""
    page = staff.context.new_page()
    page.goto(f"{shop.url}/analytics/")
    expect(page.locator("#state")).to_have_text("Live")
    page.evaluate("document.body.dataset.loaded = 'once'")
    yield page
    assert page.evaluate("document.body.dataset.loaded") == "once"
    page.close()


def write_draft(staff: Page, shop: Shop) -> None:
    staff.goto(f"{shop.url}/admin/orders/order/add/")
    for name, value in CUSTOMER.items():
        staff.fill(f"#id_{name}", value)
    staff.select_option("#id_country", "BE")
    staff.locator("#id_lines-0-sku").press_sequentially("atlas")
    staff.locator("#id_lines-0-sku-products option[value=BOOK-ATLAS]").wait_for(state="attached")
    staff.fill("#id_lines-0-sku", "BOOK-ATLAS")
    staff.fill("#id_lines-0-quantity", "2")


def orders_on(dashboard: Page) -> int:
    return int(dashboard.locator("#today-orders").inner_text())


def test_order_placed_by_button_moves_dashboard_and_settles(
    shop: Shop, staff: Page, dashboard: Page
) -> None:
    before = orders_on(dashboard)
    write_draft(staff, shop)

    staff.get_by_role("button", name="Save and continue editing").click()
    staff.get_by_role("button", name=re.compile("place", re.IGNORECASE)).click()

    expect(staff.locator("body")).to_contain_text(re.compile(r"SO-\d+"))
    expect(dashboard.locator("#today-orders")).to_have_text(str(before + 1), timeout=15_000)
    number = re.search(r"SO-\d+", staff.locator("body").inner_text())
    assert number
    settles(shop, staff, number[0])


def test_order_saved_as_placed_is_placed_once(shop: Shop, staff: Page, dashboard: Page) -> None:
    before = orders_on(dashboard)
    write_draft(staff, shop)
    staff.select_option("#id_state", "placed")

    staff.get_by_role("button", name="Save", exact=True).click()

    expect(dashboard.locator("#today-orders")).to_have_text(str(before + 1), timeout=15_000)


def settles(shop: Shop, staff: Page, number: str) -> None:
    """Every handler to the order is done, as the ledger's page in the admin shows it."""

    def states() -> list[str]:
        staff.goto(f"{shop.url}/admin/bus/delivery/?stream__exact={number}")
        return staff.locator("#result_list .field-shown_state").all_inner_texts()

    shop.wait_for(lambda: len(found := states()) >= 9 and {*map(str.lower, found)} == {"done"}, 30)
