"""Each order is shown in its own currency, whatever the shop's has become."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from orders.models import Order, OrderLine
from orders.services import place_order, price_draft
from shop.models import Product

pytestmark = pytest.mark.django_db


def check_out(body: dict[str, Any]) -> dict[str, Any]:
    response = APIClient().post("/api/v1/checkout/", body, format="json")
    assert response.status_code == 201, response.content
    return dict(response.json())


@pytest.mark.parametrize(
    ("currency", "price", "total"),
    [
        ("SEK", "4.49", "8.98"),
        ("JPY", "449", "898"),
        ("USD", "4.49", "8.98"),
        ("KWD", "4.495", "8.990"),
    ],
)
def test_shop_sells_in_any_currency(
    body: dict[str, Any], settings: Settings, currency: str, price: str, total: str
) -> None:
    settings.CURRENCY = currency
    Product.objects.filter(sku="TEA").update(unit_price=price)

    order = check_out(body | {"lines": [{"sku": "TEA", "quantity": 2}]})

    assert (order["currency"], order["total"]) == (currency, total)
    assert order["lines"][0]["unit_price"] == price
    stored = APIClient().get(order["links"]["self"]).json()
    assert (stored["total"], stored["lines"]) == (total, order["lines"])


def test_order_keeps_its_currency_after_a_change(
    body: dict[str, Any], settings: Settings, admin_client: Client
) -> None:
    before = check_out(body)

    settings.CURRENCY = "JPY"

    after = APIClient().get(before["links"]["self"]).json()
    assert (after["currency"], after["total"]) == ("EUR", before["total"]) == ("EUR", "28.49")
    assert [line["total"] for line in after["lines"]] == ["24.00", "4.49"]
    assert "28.49" in APIClient().get(before["links"]["page"]).content.decode()
    order = Order.objects.get()
    page = reverse("admin:orders_order_change", args=[order.pk])
    assert "28.49 EUR" in admin_client.get(page).content.decode()
    assert (
        "28.49 EUR" in admin_client.get(reverse("admin:orders_order_changelist")).content.decode()
    )


def test_yen_have_no_decimals_anywhere(
    body: dict[str, Any], settings: Settings, admin_client: Client
) -> None:
    settings.CURRENCY = "JPY"
    Product.objects.update(unit_price=Decimal(1200))

    order = check_out(body)

    page = APIClient().get(order["links"]["page"]).content.decode()
    assert "3,600" in page
    assert "3,600.00" not in page
    admin = reverse("admin:orders_order_change", args=[Order.objects.get().pk])
    pages = [
        admin,
        reverse("admin:shop_product_changelist"),
        "/",
    ]
    for address in pages:
        shown = admin_client.get(address).content.decode()
        assert "1,200" in shown
        assert "1,200.00" not in shown
        assert "1200.00" not in shown
    assert APIClient().get("/api/v1/products/").json()["results"][0]["unit_price"] == "1200"


def test_price_finer_than_currency_is_charged_as_it_is_shown(
    body: dict[str, Any], settings: Settings
) -> None:
    settings.CURRENCY = "JPY"  # whose catalogue was written in euros

    order = check_out(body | {"lines": [{"sku": "TEA", "quantity": 9}]})

    assert (order["lines"][0]["unit_price"], order["total"]) == ("4", "36")


def test_staff_cannot_write_price_finer_than_currency(
    catalogue: dict[str, Product], settings: Settings, client: Client
) -> None:
    client.force_login(get_user_model().objects.create_superuser("ada"))
    settings.CURRENCY = "JPY"
    address = reverse("admin:shop_product_change", args=[catalogue["MUG"].pk])

    page = client.post(address, {"name": "Mug", "unit_price": "4.50", "tax_rate": "19"})

    assert "JPY has 0 decimal places" in page.content.decode()
    assert Product.objects.get(sku="MUG").unit_price == 12


def test_draft_is_placed_at_todays_prices_in_todays_currency(
    catalogue: dict[str, Product], settings: Settings
) -> None:
    draft = Order.objects.create(
        email="ada@example.com",
        name="Ada",
        line1="Way 1",
        postal_code="10115",
        city="Berlin",
        country="DE",
    )
    OrderLine.objects.bulk_create(
        OrderLine(order=draft, sku=sku, quantity=1) for sku in ("MUG", "TEA")
    )
    price_draft(draft.pk)
    settings.CURRENCY = "JPY"
    Product.objects.update(unit_price=1200)
    Product.objects.filter(sku="TEA").update(active=False)

    price_draft(draft.pk)
    draft.refresh_from_db()
    assert (draft.currency, draft.total) == ("JPY", 1200)

    draft.lines.filter(sku="TEA").delete()
    placed = place_order(draft.pk)
    assert (placed.currency, placed.total) == ("JPY", 1200)
    placed.refresh_from_db()
    assert placed.currency == "JPY"
