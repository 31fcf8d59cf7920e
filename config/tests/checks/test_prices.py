"""Prices that do not suit CURRENCY are reported."""

from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from config.checks.prices import check_prices
from shop.models import Product

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("currency", "finer"), [("EUR", 1), ("KWD", 0), ("JPY", 2)], ids=["euro", "dinar", "yen"]
)
def test_prices_finer_than_currency_are_counted(
    settings: Settings, currency: str, finer: int
) -> None:
    settings.CURRENCY = currency
    for sku, price in (("A", "12.00"), ("B", "12.50"), ("C", "12.505")):
        Product.objects.create(sku=sku, name=sku, unit_price=Decimal(price))
    Product.objects.create(sku="D", name="D", unit_price=Decimal("0.005"), active=False)

    found = check_prices()

    assert bool(found.fix) == bool(finer)
    assert not found.fails
    assert not finer or found.state.startswith(f"{finer} have more")


def test_price_that_rounds_to_zero_refuses_the_start(
    settings: Settings,
) -> None:
    Product.objects.create(sku="A", name="A", unit_price=Decimal("0.49"))
    assert not check_prices().fails

    settings.CURRENCY = "JPY"

    assert check_prices().fails
