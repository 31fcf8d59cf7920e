"""The cart's page: changes, and what is said of products that are not as they were."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from orders.carts import COOKIE
from orders.tests.carts import add, change, count, page
from shop.models import Product

pytestmark = pytest.mark.django_db


def test_cart_lists_products_with_prices_and_total(customer: Client) -> None:
    add(customer, "MUG", 2)
    add(customer, "TEA")

    shown = page(customer)

    assert "Blue mug" in shown
    assert "24.00" in shown
    assert "28.49 EUR" in shown
    assert "7 %" in shown
    assert "19 %" in shown


def test_cart_page_takes_two_queries_and_cart_count_none(
    customer: Client, django_assert_num_queries: Any
) -> None:
    add(customer, "MUG", 2)
    add(customer, "TEA")

    with django_assert_num_queries(1):  # the test's stock is counted without one
        assert count(customer) == 3
    with django_assert_num_queries(0):
        customer.get("/api/problems/")


def test_quantity_is_changed_and_line_removed(customer: Client) -> None:
    add(customer, "MUG", 2)
    add(customer, "TEA")

    change(customer, "MUG", 5)
    assert count(customer) == 6
    change(customer, "TEA", 1, remove="TEA")
    assert count(customer) == 5
    change(customer, "MUG", 0)

    assert "Your cart is empty" in page(customer)
    assert customer.cookies[COOKIE].value == ""


def typed(customer: Client, mugs: str, teas: str, **button: str) -> Any:
    """Send the form of a page that showed 2 mugs and 1 tea."""
    lines = {"sku": ["MUG", "TEA"], "quantity": [mugs, teas], "shown": ["2", "1"]}
    return customer.post("/cart/change/", {**lines, **button})


def quantities(customer: Client) -> list[int]:
    return [row.quantity for row in customer.get("/cart/").context["summary"].rows]


@pytest.mark.parametrize(
    ("button", "target", "left"),
    [
        ({"checkout": ""}, "/checkout/", [7, 3]),
        ({"change": ""}, "/cart/", [7, 3]),
        ({"remove": "TEA"}, "/cart/", [7]),
    ],
    ids=["checkout", "change", "remove"],
)
def test_every_button_keeps_all_typed_quantities(
    customer: Client, button: dict[str, str], target: str, left: list[int]
) -> None:
    add(customer, "MUG", 2)
    add(customer, "TEA")

    answer = typed(customer, "7", "3", **button)

    assert answer["Location"] == target
    assert quantities(customer) == left


def test_refused_quantity_is_said_before_the_checkout(customer: Client) -> None:
    add(customer, "MUG", 2)
    add(customer, "TEA")

    answer = typed(customer, "many", "3", checkout="")

    assert answer["Location"] == "/cart/"
    assert "must be a whole number" in page(customer)
    assert quantities(customer) == [2, 3]


def test_line_left_alone_stays_as_another_window_has_set_it(customer: Client) -> None:
    add(customer, "MUG", 5)
    add(customer, "TEA")

    typed(customer, "2", "3", checkout="")

    assert quantities(customer) == [5, 3]


def test_less_of_one_product_makes_room_for_another(customer: Client, settings: Any) -> None:
    add(customer, "MUG", 2)
    add(customer, "TEA")
    settings.PIECES_PER_ORDER = 3

    answer = typed(customer, "1", "2", checkout="")

    assert answer["Location"] == "/checkout/"
    assert quantities(customer) == [1, 2]


def test_page_sends_every_line_and_the_checkout_in_one_form(customer: Client) -> None:
    add(customer, "MUG", 2)
    add(customer, "TEA")

    form = page(customer).partition('action="/cart/change/"')[2].partition("</form>")[0]

    assert form.count('name="quantity"') == form.count('name="shown"') == 2
    assert 'name="checkout"' in form
    assert form.index('name="change"') < form.index('name="remove"')


def test_line_that_is_not_in_the_cart_is_not_changed(customer: Client) -> None:
    add(customer, "MUG", 2)

    change(customer, "TEA", 5)

    assert count(customer) == 2


def test_pieces_can_be_taken_out_of_a_cart_over_the_limit(customer: Client, settings: Any) -> None:
    add(customer, "MUG", 50)
    settings.PIECES_PER_LINE = 3

    change(customer, "MUG", 10)

    assert count(customer) == 10
    assert "At most 3 pieces" in page(customer)


def test_product_taken_off_sale_is_said(customer: Client) -> None:
    add(customer, "MUG", 2)
    add(customer, "TEA")
    Product.objects.filter(sku="TEA").update(active=False)

    shown = page(customer)

    assert "This product is not for sale any more." in shown
    assert "Green tea" in shown
    assert "To the checkout" not in shown
    assert customer.get("/cart/").context["summary"].sums.total == Decimal("24.00")


def test_product_deleted_from_the_catalogue_is_said(customer: Client) -> None:
    add(customer, "MUG")
    Product.objects.filter(sku="MUG").delete()

    assert "This product is not for sale any more." in page(customer)


def test_sold_out_and_short_products_are_said(customer: Client, pieces: dict[str, int]) -> None:
    add(customer, "MUG", 2)
    add(customer, "TEA", 3)
    pieces |= {"MUG": 0, "TEA": 1}

    shown = page(customer)

    assert "This product is sold out." in shown
    assert "Only 1 piece is available." in shown
    assert "To the checkout" not in shown


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ("13.50", "The price has gone up from 12.00 EUR to 13.50 EUR."),
        ("9.00", "The price has gone down from 12.00 EUR to 9.00 EUR."),
    ],
)
def test_changed_price_is_said(customer: Client, price: str, words: str) -> None:
    add(customer, "MUG")
    Product.objects.filter(sku="MUG").update(unit_price=Decimal(price))

    assert words in page(customer)


def test_names_are_escaped(customer: Client) -> None:
    Product.objects.create(sku="X", name="<script>alert(1)</script>", unit_price=Decimal(1))
    add(customer, "X")

    assert "<script>alert" not in page(customer)
