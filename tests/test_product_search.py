"""Staff find products by searching, however many there are."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from shop.models import Product
from tests.support.staff import member

pytestmark = pytest.mark.django_db


def test_product_search_needs_its_permission() -> None:
    Product.objects.bulk_create(
        Product(sku=f"P-{number}", name="Pen", unit_price="1.00") for number in range(50)
    )

    found = member("warehouse").get(reverse("admin:shop_product_search"), {"q": "pen"})

    assert len(found.json()["products"]) == 20
    User.objects.all().delete()
    refused = member("operator").get(reverse("admin:shop_product_search"), {"q": "pen"})
    assert refused.status_code == 403


def test_order_form_does_not_grow_with_the_catalogue() -> None:
    browser = member("support")
    small = len(browser.get("/admin/orders/order/add/").content)

    Product.objects.bulk_create(
        Product(sku=f"P-{number}", name="Pen", unit_price="1.00") for number in range(500)
    )

    assert len(browser.get("/admin/orders/order/add/").content) < small + 500
