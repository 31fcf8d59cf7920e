"""Every page that a customer can see, in German: no English is left, wherever the text is from."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from orders import services
from orders.models import Order
from orders.tests.checkouts import URL, opened
from orders.tests.conftest import ADA, catalogue, customer, pieces
from orders.tests.happening import address, dispatch, issue, reserve
from shop.models import Product
from tests import literals

__all__ = ["catalogue", "customer", "pieces"]

pytestmark = pytest.mark.django_db(transaction=True)

ENGLISH = re.compile(
    r"\b(a|and|are|at|be|been|by|cart|checkout|for|from|has|have|if|is|it|not|of|on|once|"
    r"or|order|the|there|this|to|today|we|will|with|you|your|no|yes)\b",
    re.IGNORECASE,
)
NAMES = re.compile(
    r"The Shop( GmbH)?|Ada Lovelace|12 Example Street|Event-Bus|Isle of Man|District of Columbia"
)


@pytest.fixture
def german(customer: Client) -> Client:
    customer.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    Product.objects.filter(sku="MUG").update(name="Blaue Tasse", description="")
    Product.objects.filter(sku="TEA").update(name="Tee")
    return customer


@pytest.fixture
def order(german: Client) -> Order:
    return services.checkout(services.Basket(ADA, {"MUG": 2, "TEA": 1})).order


def english(answer: Any) -> list[str]:
    page = answer.content.decode()
    assert '<html lang="de">' in page
    texts = (NAMES.sub("", text) for text in literals.literals(page))
    return [text for text in texts if ENGLISH.search(text)]


def states(order: Order) -> Iterator[str]:
    """The order goes its way; the name of each state that its page shows."""
    yield "placed"
    reserve(order)
    yield "reserved"
    issue(order)
    yield "invoiced"
    dispatch(order)
    yield "dispatched"


@pytest.mark.parametrize(
    "page",
    [
        "/",
        "/about/",
        "/legal/imprint/",
        "/legal/terms/",
        "/products/",
        "/products/?q=tee&sort=price",
        "/products/?q=nirgends",
        "/products/?category=nirgends",
        "/products/MUG/",
        "/products/OLD/",
        "/cart/",
        "/nirgends/",
    ],
)
def test_page_of_the_catalogue_has_no_english(german: Client, page: str) -> None:
    assert english(german.get(page)) == []


def test_sold_out_products_are_shown_without_english(
    german: Client, pieces: dict[str, int]
) -> None:
    for count in (0, 1, 3):
        pieces["MUG"] = count
        assert english(german.get("/products/MUG/")) == []
        assert english(german.get("/products/")) == []


def test_cart_and_checkout_have_no_english(german: Client, pieces: dict[str, int]) -> None:
    form = opened(german)
    assert english(german.get("/cart/")) == []
    assert english(german.get(URL)) == []
    assert english(german.post(URL, form | {"email": "", "postal_code": "x", "city": ""})) == []
    for country in ("US", "GB", "JP", "IE", "AE"):
        changed = form | {"country": country, "country_change": "1"}
        assert english(german.post(URL, changed)) == []
    assert english(german.post(URL, form | {"expected_total": "1.00"})) == []
    pieces["MUG"] = 1
    assert english(german.post(URL, form)) == []
    assert english(german.get("/cart/")) == []
    del pieces["MUG"]
    german.post(URL, form)
    assert english(german.post(URL, form | {"city": "Potsdam"})) == []


def test_order_page_has_no_english_whatever_happens(german: Client, order: Order) -> None:
    for state in states(order):
        assert english(german.get(address(order))) == [], state
        assert english(german.get(address(order, "cancel/"))) == [], state


@pytest.mark.parametrize("rejected", [False, True])
def test_page_of_cancelled_order_has_no_english(
    german: Client, order: Order, rejected: bool
) -> None:
    Order.objects.filter(pk=order.pk).update(rejected=rejected)
    services.cancel_order(order.pk, "Not in stock: Tasse and 2 more")

    assert english(german.get(address(order))) == []


def test_english_is_found(german: Client) -> None:
    english_product = Product.objects.get(sku="OLD")
    english_product.active, english_product.name = True, "A lamp for you"
    english_product.save()

    assert "A lamp for you" in english(german.get("/products/OLD/"))
