"""The catalogue over REST."""

from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.models import Category, Product
from shop.testing import stock_counted

pytestmark = pytest.mark.django_db
URL = "/api/v1/products/"


@pytest.fixture
def thirty(db: None) -> None:
    Product.objects.bulk_create(
        Product(sku=f"P-{n:02}", name=f"Product {n}", unit_price=Decimal("1.5")) for n in range(30)
    )


def test_catalogue_is_paginated(client: Client, thirty: None) -> None:
    first: Any = client.get(URL).json()
    second: Any = client.get(first["next"]).json()

    assert first["count"] == 30
    assert [len(first["results"]), len(second["results"])] == [24, 6]
    assert first["results"][0]["unit_price"] == "1.50"
    assert first["results"][0]["currency"] == "EUR"


def test_each_product_has_its_available_pieces(client: Client, thirty: None) -> None:
    with stock_counted(lambda skus: {sku: 0 if sku == "P-01" else 7 for sku in skus}):
        answer: Any = client.get(URL).json()

    assert [one["available"] for one in answer["results"][:3]] == [7, 0, 7]


def test_available_is_null_without_a_stock_app(client: Client, thirty: None) -> None:
    with stock_counted(lambda skus: {}):
        answer: Any = client.get(URL).json()

    assert {one["available"] for one in answer["results"]} == {None}


def test_page_takes_three_queries(client: Client, thirty: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        client.get(URL, {"page_size": 30})

    assert len(captured) == 3


def test_product_not_for_sale_is_not_listed(client: Client, thirty: None) -> None:
    Product.objects.filter(sku="P-00").update(active=False)

    assert client.get(URL).json()["count"] == 29


def test_each_product_has_its_category_picture_and_page(client: Client) -> None:
    cups = Category.objects.create(name="Cups", slug="cups")
    Product.objects.create(sku="CUP", name="A cup", unit_price=1, category=cups)
    Product.objects.create(sku="POT", name="A pot", unit_price=1)

    cup, pot = client.get(URL).json()["results"]

    assert (cup["category"], pot["category"]) == ("cups", None)
    assert cup["url"] == f"{settings.SITE_URL}/products/CUP/"
    for one in (cup, pot):
        assert client.get(one["url"]).status_code == 200
        assert client.get(one["picture"])["Content-Type"] == "image/svg+xml"


def test_missing_page_is_answered_with_a_problem(client: Client, thirty: None) -> None:
    answer = client.get(URL, {"page": 99})

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("size", ["0", "101", "-1", "null", "1.5", "٣", "9" * 5000, ""])
def test_invalid_page_size_is_refused_by_name(client: Client, size: str) -> None:
    answer = client.get(URL, {"page_size": size})

    assert answer.status_code == 400
    assert answer.json()["type"] == "/api/problems/#invalid-parameter"
    assert answer.json()["errors"][0]["parameter"] == "page_size"
