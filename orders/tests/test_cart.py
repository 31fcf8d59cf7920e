"""The cart is one signed cookie: what goes in, and what is refused."""

import time
from decimal import Decimal
from typing import Any

import pytest
from django.core.signing import TimestampSigner
from django.test import Client

from orders.carts import COOKIE, LONGEST_COOKIE
from orders.tests.carts import add, change, count, page, said
from shop.models import Product

pytestmark = pytest.mark.django_db


def test_empty_cart_sets_no_cookie(customer: Client) -> None:
    assert "Your cart is empty" in page(customer)
    assert not customer.cookies


def test_cookie_is_kept_for_30_days_and_hidden_from_scripts(customer: Client) -> None:
    add(customer)

    cookie = customer.cookies[COOKIE]
    assert cookie["max-age"] == 30 * 24 * 3600
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_cookie_is_sent_by_https_only_where_shop_has_it(customer: Client, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True

    add(customer)

    assert customer.cookies[COOKIE]["secure"]


def test_product_added_again_later_is_added_up(
    customer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(customer, "MUG", 1)
    add(customer, "TEA", 1)
    add(customer, "MUG", 1)

    assert count(customer) == 3


def test_double_click_adds_once(customer: Client) -> None:
    add(customer, "MUG", 2)
    add(customer, "MUG", 2)

    assert count(customer) == 2


def test_product_removed_and_added_again_is_no_double_click(customer: Client) -> None:
    add(customer, "MUG", 2)
    change(customer, "MUG", 0)
    add(customer, "MUG", 2)

    assert count(customer) == 2


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (3, "In the cart: Blue mug."),
        (2, "Blue mug: you have 3 in the cart; only 2 are available."),
        (1, "Blue mug: you have 3 in the cart; only 1 is available."),
        (0, "Blue mug is sold out. You have 3 in the cart."),
    ],
)
def test_more_than_there_is_is_said_on_adding(
    customer: Client, pieces: dict[str, int], there: int, words: str
) -> None:
    pieces["MUG"] = there
    add(customer, "MUG", 2)
    customer.get("/cart/")

    add(customer, "MUG", 1, next="/cart/")
    shown = page(customer)

    assert f'class="notice {"good" if there == 3 else "wait"}" role="status">{words}' in shown


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("/api/problems/", "/api/problems/"),
        ("", "/cart/"),
        ("https://evil.example/", "/cart/"),
        ("//evil.example/", "/cart/"),
        ("/\\evil.example/", "/cart/"),
        ("javascript:alert(1)", "/cart/"),
        ("cart", "/cart/"),
    ],
)
def test_next_is_a_local_path_only(customer: Client, asked: str, target: str) -> None:
    answer = add(customer, next=asked)

    assert (answer.status_code, answer["Location"]) == (302, target)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_cannot_replace_the_cart(customer: Client, headers: Any) -> None:
    answer = customer.post("/cart/add/", {"sku": "MUG"}, headers=headers)

    assert answer.status_code == 403
    assert "from the page of another site" in answer.content.decode()
    assert COOKIE not in answer.cookies


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}]
)
def test_own_page_may_add(customer: Client, headers: Any) -> None:
    customer.post("/cart/add/", {"sku": "MUG"}, headers=headers)

    assert count(customer) == 1


@pytest.mark.parametrize("quantity", ["0", "-1", "two", "1.5", "99999", "²", ""])
def test_quantity_that_is_no_whole_number_is_refused(customer: Client, quantity: str) -> None:
    answer = customer.post("/cart/add/", {"sku": "MUG", "quantity": quantity}, follow=True)

    assert "must be a whole number" in said(answer)
    assert count(customer) == 0


@pytest.mark.parametrize("sku", ["NONE", "OLD", ""])
def test_product_that_is_not_for_sale_is_refused(customer: Client, sku: str) -> None:
    answer = customer.post("/cart/add/", {"sku": sku}, follow=True)

    assert "not for sale" in said(answer)
    assert count(customer) == 0


def test_more_pieces_than_an_order_may_have_are_refused(customer: Client, settings: Any) -> None:
    settings.PIECES_PER_LINE, settings.PIECES_PER_ORDER = 3, 5
    add(customer, "MUG", 3)

    answer = customer.post("/cart/add/", {"sku": "MUG", "quantity": 1}, follow=True)
    add(customer, "TEA", 3)

    assert "more than an order may have" in said(answer)
    assert count(customer) == 3


def test_cart_stays_below_the_size_of_a_cookie(customer: Client) -> None:
    skus = [f"{number:03}-{'X' * 28}" for number in range(110)]
    Product.objects.bulk_create(
        Product(sku=sku, name=sku, unit_price=Decimal("99999.99")) for sku in skus
    )

    for sku in skus:
        add(customer, sku)

    assert 3_000 < len(customer.cookies[COOKIE].value) <= LONGEST_COOKIE
    assert len(customer.cookies[COOKIE].OutputString()) < 4_096
    assert count(customer) > 50


@pytest.mark.parametrize(
    "cookie",
    [
        "MUG*2*12.00",
        TimestampSigner(salt="orders.carts", key="another key").sign("k!EUR!!0!MUG*2*12.00"),
        TimestampSigner(salt="another salt").sign("k!EUR!!0!MUG*2*12.00"),
        TimestampSigner(salt="orders.carts").sign("what an older version wrote"),
        TimestampSigner(salt="orders.carts").sign("k!EUR!!soon!MUG*2*12.00"),
        "\x00",
        "x" * 5_000,
    ],
    # Signatures differ with the second in which they are made.
    ids=["unsigned", "another key", "another salt", "older", "no instant", "NUL", "long"],
)
def test_forged_or_old_cookie_is_an_empty_cart(customer: Client, cookie: str) -> None:
    customer.cookies[COOKIE] = cookie

    assert count(customer) == 0
    add(customer)
    assert count(customer) == 1


def test_cookie_older_than_30_days_is_an_empty_cart(
    customer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(customer)
    thirty_one_days_on = time.time() + 31 * 24 * 3600
    monkeypatch.setattr("django.core.signing.time.time", lambda: thirty_one_days_on)

    assert count(customer) == 0


def test_cart_of_another_currency_is_empty(customer: Client, settings: Any) -> None:
    add(customer)
    settings.CURRENCY = "JPY"

    assert count(customer) == 0


def test_cart_outlives_a_new_secret_key(customer: Client, settings: Any) -> None:
    add(customer)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"

    assert count(customer) == 1


def test_page_after_adding_names_the_product_and_links_to_the_cart(customer: Client) -> None:
    Product.objects.create(sku="X", name="<b>X</b>", unit_price=Decimal(1))

    answer = customer.post("/cart/add/", {"sku": "X", "next": "/products/"}, follow=True)

    assert said(answer) == ('In the cart: &lt;b&gt;X&lt;/b&gt;. <a href="/cart/">To the cart</a>')
