"""A customer finds a product in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.live.shared.browser import FLAGS, administrator
from tests.live.shop import Shop
from tests.support.machine import part

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.sqlite, pytest.mark.timeout(300)]

UPLOADED = re.compile(r"^/pictures/\w+\.webp$")


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def customer(request: pytest.FixtureRequest) -> Iterator[Page]:
    """A new customer's browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=part("browser").path, args=FLAGS)
        yield browser.new_context(java_script_enabled=request.param).new_page()
        browser.close()


def test_customer_searches_filters_sorts_and_opens_a_product(shop: Shop, customer: Page) -> None:
    customer.goto(shop.url)
    customer.get_by_role("searchbox").fill("OAK")
    customer.get_by_role("searchbox").press("Enter")
    found = customer.locator(".products h3")
    expect(found).to_contain_text(["Oak chopping board"])

    customer.get_by_role("link", name="Clear the search").click()
    customer.get_by_role("link", name="Kitchen", exact=True).click()
    customer.get_by_label("Sort by").select_option("-price")
    customer.get_by_role("button", name="Sort").click()
    expect(found).to_have_text(
        [
            "Chef's knife, 20 cm",
            "Iron pan, 28 cm",
            "Oak chopping board",
            "Kitchen scale",
            "Stoneware mug",
        ]
    )

    customer.get_by_role("link", name="Stoneware mug").click()
    expect(customer.get_by_role("heading", level=1)).to_have_text("Stoneware mug")
    expect(customer.get_by_text("incl. 19 % tax")).to_be_visible()
    expect(customer.get_by_text("In stock")).to_be_visible()
    drawn = "image => image.decode().then(() => image.naturalWidth)"
    assert customer.get_by_alt_text("Stoneware mug").evaluate(drawn) > 0


def test_button_ends_where_the_picture_does_on_a_phone(shop: Shop, customer: Page) -> None:
    customer.set_viewport_size({"width": 360, "height": 800})
    customer.goto(f"{shop.url}/products/BOOK-ATLAS/")

    assert abs(right(customer, ".one-product .picture") - right(customer, ".buy .button")) <= 1


def test_search_stays_where_it_is_when_the_cart_is_counted(shop: Shop, customer: Page) -> None:
    customer.set_viewport_size({"width": 1280, "height": 800})
    customer.goto(f"{shop.url}/products/BOOK-ATLAS/")
    before = right(customer, ".search")

    customer.get_by_role("button", name="Add to cart").click()
    expect(customer.locator(".count")).to_be_visible()

    assert right(customer, ".search") == before


def test_pictures_are_dimmed_in_the_dark_wherever_they_are(shop: Shop, customer: Page) -> None:
    customer.emulate_media(color_scheme="dark")
    customer.goto(f"{shop.url}/products/BOOK-ATLAS/")
    assert dimmed(customer, ".one-product .picture")
    customer.get_by_role("button", name="Add to cart").click()
    expect(customer.locator(".count")).to_be_visible()

    customer.goto(f"{shop.url}/cart/")
    assert dimmed(customer, ".cart-line img")
    customer.goto(f"{shop.url}/checkout/")
    assert dimmed(customer, ".summary-lines img")


def right(customer: Page, selector: str) -> float:
    box = customer.locator(selector).first.bounding_box()
    assert box
    return box["x"] + box["width"]


def dimmed(customer: Page, selector: str) -> bool:
    style = "element => getComputedStyle(element).filter"
    found: str = customer.locator(selector).first.evaluate(style)
    return found == "brightness(0.88)"


def test_staff_upload_a_picture_and_remove_it(shop: Shop, tmp_path: Path) -> None:
    """One of more than a MiB, which no other form of the admin may send."""
    Image.effect_noise((1600, 1600), 200).save(tmp_path / "scale.png")
    assert (tmp_path / "scale.png").stat().st_size > 1024 * 1024

    with administrator(shop) as page:
        shown = f"{shop.url}/products/KITCHEN-SCALE/"
        page.goto(f"{shop.url}/admin/shop/product/?q=KITCHEN-SCALE")
        page.get_by_role("link", name="KITCHEN-SCALE").click()
        form = page.url
        page.set_input_files("[name=upload]", tmp_path / "scale.png")
        page.get_by_role("button", name="Save", exact=True).click()
        page.goto(shown)
        expect(page.get_by_alt_text("Kitchen scale")).to_have_attribute("src", UPLOADED)
        drawn = "image => image.decode().then(() => image.naturalWidth)"
        assert page.get_by_alt_text("Kitchen scale").evaluate(drawn) == 1200

        page.goto(form)
        page.locator("[name=without_picture]").check()
        page.get_by_role("button", name="Save", exact=True).click()
        page.goto(shown)
        expect(page.get_by_alt_text("Kitchen scale")).not_to_have_attribute("src", UPLOADED)
