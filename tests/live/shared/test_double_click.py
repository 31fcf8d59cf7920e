"""Staff who click twice in a real browser: each form acts once, with the page's script or not."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.live.shared.browser import administrator
from tests.live.shop import CUSTOMER, Shop

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.timeout(300)]

SCRIPT = "**/submit*.js"


@pytest.fixture(scope="module", params=["with the script", "without the script"])
def signed_in(shop: Shop, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser in which a member of staff is signed in."""
    with administrator(shop) as page:
        if request.param == "without the script":
            page.context.route(SCRIPT, lambda route: route.abort())
        yield page.context


@pytest.fixture
def staff(signed_in: BrowserContext) -> Iterator[Page]:
    """A page of its own: the answer to a second click may still be on its way to the last one."""
    page = signed_in.new_page()
    yield page
    page.close()


def fill_in_order(staff: Page, shop: Shop, email: str) -> None:
    staff.goto(f"{shop.url}/admin/orders/order/add/")
    for name, value in (CUSTOMER | {"email": email}).items():
        staff.fill(f"#id_{name}", value)
    staff.select_option("#id_country", "BE")
    staff.fill("#id_lines-0-sku", "BOOK-ATLAS")
    staff.fill("#id_lines-0-quantity", "1")
    staff.select_option("#id_state", "placed")


def click_twice(button: Locator) -> None:
    """Two presses of the mouse, the second before the first one's answer can be there."""
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    button.page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def rows(staff: Page, shop: Shop, table: str, condition: str) -> int:
    """How many rows there are once both requests are answered.

    Read from the database: the browser may drop the first answer, or be on its way to the second.
    """

    def count() -> int:
        return int(shop.query(f"SELECT count(*) FROM {table} WHERE {condition}")[0][0])

    shop.wait_for(count, 30)
    staff.wait_for_load_state("networkidle")
    return count()


def save(staff: Page) -> Locator:
    return staff.get_by_role("button", name="Save", exact=True)


def test_order_saved_by_double_click_is_one_order(shop: Shop, staff: Page) -> None:
    email = f"double{uuid4().hex}@example.com"
    fill_in_order(staff, shop, email)

    click_twice(save(staff))

    assert rows(staff, shop, "orders_order", f"email = '{email}'") == 1


def test_order_saved_again_after_back_button_is_one_order(shop: Shop, staff: Page) -> None:
    email = f"back{uuid4().hex}@example.com"
    fill_in_order(staff, shop, email)
    save(staff).click()
    expect(staff.locator("body")).to_contain_text(re.compile(r"Order SO-\d+ is placed"))

    staff.go_back()
    staff.wait_for_load_state()
    save(staff).click()

    assert rows(staff, shop, "orders_order", f"email = '{email}'") == 1


def test_stock_received_by_double_click_is_booked_once(shop: Shop, staff: Page) -> None:
    reason = f"Miller {uuid4().hex}"
    staff.goto(f"{shop.url}/admin/inventory/stockitem/")
    staff.get_by_role("link", name="Receive stock").click()
    staff.fill("#dialog [name=sku]", "BOOK-ATLAS")
    staff.fill("#dialog [name=quantity]", "7")
    staff.fill("#dialog [name=reason]", reason)

    click_twice(staff.locator("#dialog button[type=submit]"))

    assert rows(staff, shop, "inventory_movement", f"reason = '{reason}'") == 1
