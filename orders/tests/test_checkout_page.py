"""The checkout's page: an order bought by a form, without JavaScript."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bus.models import Event
from orders.carts import COOKIE
from orders.models import IdempotencyKey, Order
from orders.tests.carts import add, change, count
from orders.tests.checkouts import ADA, URL, filled_cart, form_of, opened, text
from shop.budgets import Rate
from shop.models import Product

pytestmark = pytest.mark.django_db


def test_form_buys_what_its_page_showed(customer: Client) -> None:
    answer = customer.post(URL, opened(customer))

    order = Order.objects.get()
    assert answer.status_code == 303
    assert answer["Location"].startswith("/orders/")
    assert str(order.number) in text(customer.get(answer["Location"]))
    assert (order.total, order.city, order.country.code) == (Decimal("28.49"), "Berlin", "DE")
    assert [(line.sku, line.quantity) for line in order.frozen_lines] == [("MUG", 2), ("TEA", 1)]
    assert Event.objects.count() == 1


def test_page_sums_up_prices_taxes_and_total(customer: Client) -> None:
    filled_cart(customer)

    shown = text(customer.get(URL))

    for words in ("Blue mug", "12.00 EUR", "28.49 EUR", "7 % tax", "19 % tax", "Buy now"):
        assert words in shown
    assert shown.index("28.49 EUR") < shown.index("Buy now")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (14, "You pay by bank transfer, within 14 days of the invoice."),
        (1, "You pay by bank transfer, within 1 day of the invoice."),
        (0, "You pay by bank transfer, as soon as you have the invoice."),
    ],
)
def test_customer_reads_how_to_pay_before_buying(
    customer: Client, settings: Any, days: int, words: str
) -> None:
    settings.PAYMENT_TERMS_DAYS = days
    filled_cart(customer)

    assert words in text(customer.get("/cart/"))
    assert words in text(customer.get(URL)).partition("Buy now")[0]


def test_legal_texts_stand_above_the_button_and_keep_the_form(customer: Client) -> None:
    filled_cart(customer)

    form = text(customer.get(URL)).partition('id="total"')[2].partition("Buy now")[0]

    for kind in ("terms", "withdrawal", "privacy"):
        assert f'href="/legal/{kind}/" target="_blank"' in form


def test_page_has_no_switch_of_the_language_which_would_empty_the_form(customer: Client) -> None:
    filled_cart(customer)

    assert 'class="languages"' in text(customer.get("/cart/"))
    assert 'class="languages"' not in text(customer.get(URL))
    sent = opened(customer)
    assert 'class="languages"' not in text(customer.post(URL, sent | {"email": ""}))
    customer.post(URL, sent)
    bought_before = customer.post(URL, sent | {"name": "Grace"})
    assert bought_before.status_code == 409
    assert 'class="languages"' not in text(bought_before)


def test_order_empties_the_cart(customer: Client) -> None:
    customer.post(URL, opened(customer))

    assert count(customer) == 0
    assert customer.get(URL)["Location"] == "/cart/"


def test_what_was_added_meanwhile_is_kept_for_another_order(customer: Client) -> None:
    sent = opened(customer)
    add(customer, "TEA", 4)

    customer.post(URL, sent)
    rest = form_of(customer.get(URL))

    assert count(customer) == 4
    assert rest.fields["key"] != sent["key"]
    assert customer.post(URL, rest.filled(**ADA)).status_code == 303
    second = Order.objects.latest("pk")
    assert [(line.sku, line.quantity) for line in second.frozen_lines] == [("TEA", 4)]
    assert count(customer) == 0


def test_cart_with_less_than_was_bought_is_emptied(customer: Client) -> None:
    sent = opened(customer)
    change(customer, "MUG", 1)

    customer.post(URL, sent)

    assert Order.objects.get().total == Decimal("28.49")
    assert count(customer) == 0


def test_cart_of_another_window_is_not_emptied(customer: Client) -> None:
    sent = opened(customer)
    customer.post(URL, sent)
    filled_cart(customer)

    customer.post(URL, sent)

    assert count(customer) == 3


def test_empty_cart_leads_to_the_cart(customer: Client) -> None:
    assert customer.get(URL)["Location"] == "/cart/"
    assert customer.post(URL, ADA)["Location"] == "/cart/"


def test_page_is_neither_stored_nor_indexed(customer: Client) -> None:
    filled_cart(customer)

    answer = customer.get(URL)

    assert "no-store" in answer["Cache-Control"]
    assert 'content="noindex"' in text(answer)


def test_buying_takes_as_many_queries_as_the_api(
    customer: Client, client: Any, body: dict[str, Any]
) -> None:
    sent = opened(customer)
    key = {"Idempotency-Key": "k1"}

    with CaptureQueriesContext(connection) as by_api:
        client.post("/api/v1/checkout/", body, format="json", headers=key)
    with CaptureQueriesContext(connection) as by_page:
        customer.post(URL, sent)

    assert Order.objects.count() == 2
    assert len(by_page) == len(by_api)


def test_key_of_a_page_is_no_key_of_the_api(
    customer: Client, client: Any, body: dict[str, Any]
) -> None:
    sent = opened(customer)
    customer.post(URL, sent)

    key = {"Idempotency-Key": sent["key"][0]}
    answer = client.post("/api/v1/checkout/", body, format="json", headers=key)

    assert "Idempotent-Replayed" not in answer
    assert IdempotencyKey.objects.count() == 2


def test_form_without_key_buys_nothing_and_gets_one(customer: Client) -> None:
    answer = customer.post(URL, opened(customer, key="1"))

    assert answer.status_code == 200
    assert not Order.objects.exists()
    assert customer.post(URL, form_of(answer).filled()).status_code == 303


def test_page_refuses_another_sites_form(catalogue: Any) -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post(URL, ADA | {"line": "MUG*1*12.00"})

    assert answer.status_code == 403
    assert "Allow cookies for this shop" in text(answer)
    assert not Order.objects.exists()


def test_recipient_has_the_budget_of_the_api(customer: Client, settings: Any) -> None:
    settings.BUDGETS = settings.BUDGETS | {"CHECKOUTS_PER_RECIPIENT": Rate(1, 3600)}
    customer.post(URL, opened(customer))

    answer = customer.post(URL, opened(customer, name="Ada"))

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "too many orders" in text(answer)
    assert form_of(answer).fields["name"] == ["Ada"]
    assert Order.objects.count() == 1


def test_order_is_bought_in_a_currency_without_cents(customer: Client, settings: Any) -> None:
    settings.CURRENCY = "JPY"
    Product.objects.update(unit_price=Decimal(500))

    customer.post(URL, opened(customer))

    assert Order.objects.get().total == 1500


def test_cookie_of_the_cart_is_deleted_after_the_order(customer: Client) -> None:
    answer = customer.post(URL, opened(customer))

    assert answer.cookies[COOKIE].value == ""


def test_order_takes_the_language_of_its_page(customer: Client) -> None:
    german = {"Accept-Language": "de"}
    filled_cart(customer)
    shown = customer.get(URL, headers=german)

    customer.post(URL, form_of(shown).filled(**ADA), headers=german)

    assert "Zahlungspflichtig bestellen" in text(shown)
    assert Order.objects.get().language == "de"


def test_order_from_an_english_page_is_english(customer: Client) -> None:
    customer.post(URL, opened(customer))

    assert Order.objects.get().language == "en-gb"
