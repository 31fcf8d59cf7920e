"""A checkout of what is known to be sold out, over REST."""

from collections.abc import Collection
from typing import Any

import pytest
from rest_framework.test import APIClient

from orders.models import IdempotencyKey, Order
from shop.testing import stock_counted

pytestmark = pytest.mark.django_db
URL = "/api/v1/checkout/"


def test_sold_out_checkout_is_refused_with_available_pieces(
    client: APIClient, body: dict[str, Any], pieces: dict[str, int]
) -> None:
    pieces |= {"MUG": 1, "TEA": 0}
    body["lines"] = [{"sku": sku, "quantity": 1} for sku in ("MUG", "TEA", "MUG")]

    answer = client.post(URL, body, format="json", headers={"Idempotency-Key": "k"})

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert not Order.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert answer.json()["type"] == "/api/problems/#out-of-stock"
    *errors, last = answer.json()["errors"]
    assert last["pointer"] == "#/lines/2/quantity"
    assert errors == [
        {
            "pointer": "#/lines/0/quantity",
            "detail": "MUG: 1 piece is available.",
            "sku": "MUG",
            "available": 1,
        },
        {
            "pointer": "#/lines/1/quantity",
            "detail": "TEA: no pieces are available.",
            "sku": "TEA",
            "available": 0,
        },
    ]


def test_checkout_refused_as_sold_out_succeeds_later_with_same_key(
    client: APIClient, body: dict[str, Any], pieces: dict[str, int]
) -> None:
    key = {"Idempotency-Key": "k"}
    pieces["MUG"] = 1
    assert client.post(URL, body, format="json", headers=key).status_code == 409

    pieces["MUG"] = 2

    assert client.post(URL, body, format="json", headers=key).status_code == 201


def test_repeat_returns_its_order_after_taking_the_last_piece(
    client: APIClient, body: dict[str, Any], pieces: dict[str, int]
) -> None:
    key = {"Idempotency-Key": "k"}
    first = client.post(URL, body, format="json", headers=key)
    pieces |= {"MUG": 0, "TEA": 0}

    again = client.post(URL, body, format="json", headers=key)

    assert (again.status_code, again.json()) == (201, first.json())


def test_stock_is_read_once_for_all_lines(client: APIClient, body: dict[str, Any]) -> None:
    asked: list[set[str]] = []

    def count(skus: Collection[str]) -> dict[str, int]:
        asked.append(set(skus))
        return dict.fromkeys(skus, 1000)

    with stock_counted(count):
        client.post(URL, body, format="json")

    assert asked == [{"MUG", "TEA"}]
