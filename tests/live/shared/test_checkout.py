"""Customers in a real browser: find, put into the cart, buy; once, whatever they click."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.live.shared.browser import FLAGS
from tests.live.shop import Shop
from tests.support.machine import part

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.timeout(300)]

ADDRESS = {"name": "Grace Hopper", "line1": "Harbour Street 9", "city": "Berlin"}
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=part("browser").path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(params=["with scripts", "without scripts"])
def customer(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A customer who has been here never before."""
    with_scripts = request.param == "with scripts"
    context = browser.new_context(java_script_enabled=with_scripts, locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.fixture
def email() -> str:
    return f"grace{next(NUMBERS)}@example.com"


def put_into_cart(customer: Page, shop: Shop, sku: str, quantity: int = 1) -> None:
    customer.goto(f"{shop.url}/products/{sku}/")
    customer.fill("#quantity", str(quantity))
    customer.get_by_role("button", name="Add to cart").click()
    expect(customer.locator(".count")).to_be_visible()


def fill_in(customer: Page, email: str, **more: str) -> None:
    values = ADDRESS | {"postal_code": "10115", "email": email} | more
    for name, value in values.items():
        customer.fill(f"#id_{name}", value)


def open_checkout(customer: Page, shop: Shop, email: str) -> None:
    put_into_cart(customer, shop, "BOOK-ATLAS", 2)
    customer.goto(f"{shop.url}/checkout/")
    fill_in(customer, email)


def buy(customer: Page) -> None:
    customer.get_by_role("button", name="Buy now").click()


def is_on_order_page(customer: Page) -> None:
    expect(customer).to_have_url(re.compile(r"/orders/[\w-]{32}/$"), timeout=15_000)
    expect(customer.locator("h1")).to_contain_text(re.compile(r"SO-\d+"))


def orders_of(shop: Shop, email: str) -> int:
    found: int = shop.query(f"SELECT count(*) FROM orders_order WHERE email = '{email}'")[0][0]
    return found


def test_customer_finds_product_and_buys_it(customer: Page, shop: Shop, email: str) -> None:
    customer.goto(shop.url)
    customer.fill("input[name=q]", "atlas")
    customer.press("input[name=q]", "Enter")
    customer.get_by_role("link", name="Atlas of Quiet Places").first.click()
    customer.get_by_role("button", name="Add to cart").click()
    customer.get_by_role("link", name="To the cart").click()
    customer.get_by_role("button", name="To the checkout").click()
    fill_in(customer, email)

    buy(customer)

    is_on_order_page(customer)
    assert orders_of(shop, email) == 1
    customer.goto(f"{shop.url}/cart/")
    expect(customer.locator("main")).to_contain_text("Your cart is empty")


def test_typed_quantity_goes_with_the_customer_to_the_checkout(customer: Page, shop: Shop) -> None:
    put_into_cart(customer, shop, "BOOK-ATLAS")
    customer.goto(f"{shop.url}/cart/")
    customer.fill(".cart-line input[name=quantity]", "3")

    customer.get_by_role("button", name="To the checkout").click()

    expect(customer).to_have_url(f"{shop.url}/checkout/")
    expect(customer.locator(".count")).to_contain_text("3")


def test_double_click_buys_once(customer: Page, shop: Shop, email: str) -> None:
    open_checkout(customer, shop, email)
    button = customer.get_by_role("button", name="Buy now")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box

    customer.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    is_on_order_page(customer)
    assert orders_of(shop, email) == 1


def test_lost_response_shows_the_order_at_the_next_try(
    customer: Page, shop: Shop, email: str
) -> None:
    open_checkout(customer, shop, email)
    lose_response_of_buying(customer, shop, email)

    customer.goto(f"{shop.url}/checkout/")
    expect(customer.locator("h1")).to_have_text("You have ordered already")
    customer.get_by_role("link", name=re.compile("See order SO-")).click()

    is_on_order_page(customer)
    assert orders_of(shop, email) == 1


def test_back_button_and_another_try_buy_once(customer: Page, shop: Shop, email: str) -> None:
    open_checkout(customer, shop, email)
    buy(customer)
    is_on_order_page(customer)

    customer.go_back()
    button = customer.get_by_role("button", name="Buy now")
    if button.count():  # the page as it was left, if the browser has kept it
        fill_in(customer, email)
        buy(customer)
        is_on_order_page(customer)
    else:
        expect(customer.locator("main")).to_contain_text("Your cart is empty")

    assert orders_of(shop, email) == 1


@pytest.mark.parametrize("change", [{}, {"line1": "Another Street 1"}], ids=["same", "changed"])
def test_lost_response_and_form_in_another_window_buy_once(
    customer: Page, shop: Shop, email: str, change: dict[str, str]
) -> None:
    open_checkout(customer, shop, email)
    window = customer.context.new_page()
    window.goto(f"{shop.url}/checkout/")
    fill_in(window, email, **change)
    lose_response_of_buying(customer, shop, email)

    buy(window)

    if change:
        expect(window.locator("h1")).to_have_text("You have ordered already")
        expect(window.locator("main")).to_contain_text("nothing more was ordered")
        window.get_by_role("link", name=re.compile("See order SO-")).click()
    is_on_order_page(window)
    assert orders_of(shop, email) == 1


def test_address_follows_the_country(customer: Page, shop: Shop, email: str) -> None:
    open_checkout(customer, shop, email)

    customer.select_option("#id_country", "US")
    if customer.get_by_role("button", name="Change country").count():
        customer.get_by_role("button", name="Change country").click()
    customer.select_option("#id_region", "IL")
    expect(customer.locator("#id_name")).to_have_value(ADDRESS["name"])
    expect(customer.locator("#id_city")).to_have_value("Berlin")
    fill_in(customer, email, city="Springfield", postal_code="62701")
    buy(customer)

    is_on_order_page(customer)


def test_mistakes_of_another_country_are_not_listed(customer: Page, shop: Shop, email: str) -> None:
    open_checkout(customer, shop, email)
    fill_in(customer, email, city="", postal_code="")
    buy(customer)
    expect(customer.locator("#mistakes")).to_be_visible()

    customer.select_option("#id_country", "US")
    if customer.get_by_role("button", name="Change country").count():
        customer.get_by_role("button", name="Change country").click()

    expect(customer.locator("#id_region")).to_be_visible()
    expect(customer.locator("#mistakes")).to_have_count(0)
    expect(customer.locator("#id_email")).to_have_value(email)


def test_mistake_has_the_focus_and_keeps_the_rest(customer: Page, shop: Shop, email: str) -> None:
    open_checkout(customer, shop, email)
    fill_in(customer, email, city="")

    buy(customer)

    expect(customer.locator("#id_city")).to_be_focused()
    expect(customer.locator("#id_city_error")).to_contain_text("need a city")
    expect(customer.locator("#id_email")).to_have_value(email)
    assert orders_of(shop, email) == 0


def test_cart_survives_restart_of_the_browser(browser: Browser, customer: Page, shop: Shop) -> None:
    put_into_cart(customer, shop, "BOOK-ATLAS", 2)
    kept: Any = customer.context.storage_state()
    assert all(cookie["expires"] > 0 for cookie in kept["cookies"] if cookie["name"] == "cart")

    again = browser.new_context(storage_state=kept).new_page()
    again.goto(f"{shop.url}/cart/")

    expect(again.locator(".cart-line")).to_have_count(1)
    again.context.close()


def lose_response_of_buying(customer: Page, shop: Shop, email: str) -> None:
    """Let the shop get the form, and the browser no response."""

    def lose(route: Route) -> None:
        sent = route.request
        httpx.post(
            f"{shop.url}/checkout/",
            content=sent.post_data_buffer,
            headers=sent.all_headers(),
            trust_env=False,
        )
        route.abort("connectionreset")

    customer.route("**/checkout/", lose, times=1)
    buy(customer)
    shop.wait_for(lambda: orders_of(shop, email), 15)
    expect(customer).to_have_url(re.compile("^chrome-error:"))
