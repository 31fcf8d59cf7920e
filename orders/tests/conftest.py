"""A small catalogue and a checkout."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from orders.services import Basket
from shop.events import Address, Customer
from shop.models import Product
from shop.testing import stock_counted

ADA = Customer(
    email="ada@example.com",
    name="Ada Lovelace",
    address=Address(line1="12 Example Street", postal_code="10115", city="Berlin", country="DE"),
)


@pytest.fixture(autouse=True)
def pieces() -> Iterator[dict[str, int]]:
    """The stock by SKU, to be changed by a test; a thousand of what it does not name."""
    found: dict[str, int] = {}
    with stock_counted(lambda skus: {sku: found.get(sku, 1000) for sku in skus}):
        yield found


@pytest.fixture
def catalogue(db: None) -> dict[str, Product]:
    products = [
        Product(sku="MUG", name="Blue mug", unit_price=Decimal("12.00")),
        Product(sku="TEA", name="Green tea", unit_price=Decimal("4.49"), tax_rate=Decimal("0.07")),
        Product(sku="OLD", name="Old lamp", unit_price=Decimal("9.00"), active=False),
    ]
    Product.objects.bulk_create(products)
    return {product.sku: product for product in products}


@pytest.fixture
def basket(catalogue: dict[str, Product]) -> Basket:
    return Basket(ADA, {"MUG": 2, "TEA": 1})


@pytest.fixture
def body(catalogue: dict[str, Product]) -> dict[str, Any]:
    """A checkout that is accepted."""
    return {
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "shipping_address": {
            "line1": "12 Example Street",
            "postal_code": "10115",
            "city": "Berlin",
            "country": "DE",
        },
        "lines": [{"sku": "MUG", "quantity": 2}, {"sku": "TEA", "quantity": 1}],
    }


@pytest.fixture
def client() -> APIClient:
    return APIClient()


@pytest.fixture
def customer(catalogue: Any) -> Client:
    return Client()
