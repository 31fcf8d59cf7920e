"""A checkout over REST may say which total it expects."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from orders.models import IdempotencyKey, Order
from shop.models import Product

pytestmark = pytest.mark.django_db
URL = "/api/v1/checkout/"
KEY = {"Idempotency-Key": "k1"}


@pytest.mark.parametrize(
    "expected",
    [
        {"expected_total": "28.49"},
        {"expected_total": "28.490"},
        {"expected_total": "28.49", "currency": "EUR"},
        {"currency": "EUR"},
    ],
)
def test_expected_total_is_bought(client: APIClient, body: Any, expected: Any) -> None:
    assert client.post(URL, body | expected, format="json").status_code == 201


def test_another_total_is_refused_with_both(client: APIClient, body: Any) -> None:
    Product.objects.filter(sku="MUG").update(unit_price=Decimal("13.00"))

    answer = client.post(URL, body | {"expected_total": "28.49"}, format="json", headers=KEY)

    problem = answer.json()
    assert answer.status_code == 409
    assert problem["type"] == "/api/problems/#price-changed"
    assert (problem["expected_total"], problem["expected_currency"]) == ("28.49", "EUR")
    assert (problem["total"], problem["currency"]) == ("30.49", "EUR")
    assert not Order.objects.exists()
    assert not IdempotencyKey.objects.exists()


def test_another_currency_is_refused(client: APIClient, body: Any) -> None:
    wrong = {"expected_total": "28.49", "currency": "CHF"}

    problem = client.post(URL, body | wrong, format="json").json()

    assert problem["type"] == "/api/problems/#price-changed"
    assert (problem["expected_currency"], problem["currency"]) == ("CHF", "EUR")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"expected_total": "28.494"}, "#/expected_total"),
        ({"expected_total": "28.5", "currency": "JPY"}, "#/expected_total"),
        ({"expected_total": "28.49", "currency": "XXXX"}, "#/currency"),
        ({"expected_total": "28.49", "currency": "eur"}, "#/currency"),
    ],
)
def test_total_that_cannot_be_paid_is_a_field_error(
    client: APIClient, body: Any, wrong: Any, pointer: str
) -> None:
    answer = client.post(URL, body | wrong, format="json")

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_order_placed_already_is_returned_at_any_price(client: APIClient, body: Any) -> None:
    body |= {"expected_total": "28.49"}
    first = client.post(URL, body, format="json", headers=KEY)
    Product.objects.filter(sku="MUG").update(unit_price=Decimal("13.00"))

    again = client.post(URL, body, format="json", headers=KEY)

    assert again.status_code == 201
    assert again.json()["number"] == first.json()["number"]


def test_expected_total_takes_no_query(client: APIClient, body: Any) -> None:
    with CaptureQueriesContext(connection) as without:
        client.post(URL, body, format="json")
    with CaptureQueriesContext(connection) as expecting:
        client.post(URL, body | {"expected_total": "28.49"}, format="json")

    assert len(expecting) == len(without)
