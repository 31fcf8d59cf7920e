"""What changed between the checkout's page and its button: said before anything is ordered."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from orders.tests.carts import add, count
from orders.tests.checkouts import ADA, URL, filled_cart, form_of, opened, text
from shop.models import Product

pytestmark = pytest.mark.django_db


def reprice(sku: str, price: str) -> None:
    Product.objects.filter(sku=sku).update(unit_price=Decimal(price))


def test_changed_price_is_shown_before_buying(customer: Client) -> None:
    sent = opened(customer)
    reprice("MUG", "13.00")

    answer = customer.post(URL, sent)

    shown = text(answer)
    assert answer.status_code == 409
    assert not Order.objects.exists()
    assert "The total has changed. Nothing was ordered." in shown
    assert "28.49 EUR" in shown
    assert "30.49 EUR" in shown
    assert "The price has gone up from 12.00 EUR to 13.00 EUR." in shown
    assert customer.post(URL, form_of(answer).filled()).status_code == 303
    assert Order.objects.get().total == Decimal("30.49")


def test_lower_price_is_shown_before_buying_too(customer: Client) -> None:
    sent = opened(customer)
    reprice("MUG", "9.00")

    answer = customer.post(URL, sent)

    assert answer.status_code == 409
    assert "The price has gone down from 12.00 EUR to 9.00 EUR." in text(answer)


def test_other_currency_is_shown_before_buying(customer: Client, settings: Any) -> None:
    sent = opened(customer)
    settings.CURRENCY = "CHF"

    answer = customer.post(URL, sent)

    assert answer.status_code == 409
    assert "28.49 EUR" in text(answer)
    assert "28.49 CHF" in text(answer)
    assert not Order.objects.exists()


@pytest.mark.parametrize("total", ["", "28,49", "-1", "9" * 40, "NaN"])
def test_form_without_valid_total_buys_nothing(customer: Client, total: str) -> None:
    answer = customer.post(URL, opened(customer, expected_total=total))

    assert answer.status_code == 422
    assert not Order.objects.exists()
    assert customer.post(URL, form_of(answer).filled()).status_code == 303


def test_price_in_the_form_is_only_shown_never_charged(customer: Client) -> None:
    sent = opened(customer, line=["MUG*2*0.01"], expected_total="0.02")

    assert customer.post(URL, sent).status_code == 409
    assert not Order.objects.exists()


def test_sold_out_line_is_named_and_the_rest_can_be_bought(
    customer: Client, pieces: dict[str, int]
) -> None:
    sent = opened(customer)
    pieces |= {"MUG": 1, "TEA": 0}

    answer = customer.post(URL, sent)

    shown = text(answer)
    assert answer.status_code == 409
    assert "Blue mug: Only 1 piece is available." in shown
    assert "Green tea: This product is sold out." in shown
    assert "Buy now" not in shown
    assert not Order.objects.exists()

    rest = customer.post(URL, form_of(answer).filled(adjust=""))
    assert customer.cookies["cart"].value
    assert count(customer) == 1
    assert customer.post(URL, form_of(rest).filled()).status_code == 303
    assert Order.objects.get().total == Decimal("12.00")
    assert Order.objects.get().name == "Ada Lovelace"
    assert count(customer) == 0


def test_product_off_sale_is_named(customer: Client) -> None:
    sent = opened(customer)
    Product.objects.filter(sku="TEA").update(active=False)

    answer = customer.post(URL, sent)

    assert answer.status_code == 409
    assert "Green tea: This product is not for sale any more." in text(answer)
    assert not Order.objects.exists()


def test_nothing_left_to_buy_leads_to_the_cart(customer: Client, pieces: dict[str, int]) -> None:
    sent = opened(customer)
    pieces |= {"MUG": 0, "TEA": 0}

    answer = customer.post(URL, sent)

    assert "Back to the cart" in text(answer)
    assert customer.post(URL, form_of(answer).filled(adjust=""))["Location"] == "/cart/"


def test_trouble_is_said_when_the_checkout_is_opened(
    customer: Client, pieces: dict[str, int]
) -> None:
    filled_cart(customer)
    pieces["MUG"] = 1

    answer = customer.get(URL)

    assert "Blue mug: Only 1 piece is available." in text(answer)
    assert "Buy now" not in text(answer)


def test_more_pieces_than_allowed_are_refused(customer: Client, settings: Any) -> None:
    sent = opened(customer)
    settings.PIECES_PER_ORDER = 2

    answer = customer.post(URL, sent)

    assert answer.status_code == 422
    assert "An order may have 2 pieces" in text(answer)
    assert not Order.objects.exists()


def test_price_that_changed_in_the_cart_is_said_and_bought(customer: Client) -> None:
    add(customer, "MUG")
    reprice("MUG", "13.00")

    opened_page = customer.get(URL)

    assert "The price has gone up" in text(opened_page)
    assert customer.post(URL, form_of(opened_page).filled(**ADA)).status_code == 303
