"""A page that lists things costs as many queries for fifty of them as for one."""

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bus.testing import settle
from bus.worker.registration import register
from inventory.services import receive_stock
from orders.models import Order
from orders.services import Basket, Repeat, checkout
from shop.models import Product
from shop.testing import CUSTOMER

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 50


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "shop.mail.folder.FolderBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.MEDIA_ROOT = tmp_path / "documents"


def sell(count: int, *, first: int = 0) -> None:
    """So many products, each received, ordered once and handled by every app."""
    for number in range(first, first + count):
        sku = f"CUP-{number}"
        Product.objects.create(sku=sku, name=f"Cup {number}", unit_price=Decimal("11.90"))
        receive_stock(sku, 10, "first delivery")
        checkout(Basket(CUSTOMER, {sku: 1}), Repeat.of(f"key of {sku}", {sku: 1}))
    settle()


def pages() -> dict[str, str]:
    """Every list of the admin and of the API, by its address."""
    lists = {
        f"{model._meta.app_label}_{model._meta.model_name}"
        for model, page in admin.site._registry.items()
        if "changelist_view" in dir(page)
    }
    addresses = {name: reverse(f"admin:{name}_changelist") for name in sorted(lists)}
    return addresses | {"products": reverse("products"), "front": reverse("front")}


def costs(client: Client) -> dict[str, int]:
    """How many queries each page takes, once it has been asked for before."""
    found = {}
    for name, address in pages().items():
        client.get(address, follow=True)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address, follow=True)
        assert answer.status_code == 200, f"{name}: {answer.status_code}"
        found[name] = len(queries)
    return found


def test_queries_of_lists_do_not_grow_with_their_rows(admin_client: Client) -> None:
    register()
    sell(1)
    of_one = costs(admin_client)

    sell(MANY - 1, first=1)

    dearer = {
        name: f"{of_one[name]} queries for one, {count} for {MANY}"
        for name, count in costs(admin_client).items()
        if count > of_one[name]
    }
    assert len(of_one) > 15
    assert dearer == {}


def test_lists_count_their_rows_once(admin_client: Client) -> None:
    register()
    sell(1)
    often = {}
    for name, address in pages().items():
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(address, follow=True)
        counts = Counter(sql for one in queries if "COUNT(*)" in (sql := one["sql"]))
        if repeated := [sql for sql, count in counts.items() if count > 1]:
            often[name] = repeated

    assert often == {}


def test_columns_of_figures_are_in_a_list() -> None:
    admin.autodiscover()
    there = {str(name) for page in admin.site._registry.values() for name in page.list_display}
    sheet = Path("config/static/config/admin.css").read_text()
    rules = sheet.partition("/* Figures stand")[2].partition("/*")[0]

    cells, heads = (set(re.findall(rf"\.{kind}-(\w+)", rules)) for kind in ("field", "column"))

    assert cells == heads != set()
    assert cells - there == set()


def test_order_is_found_by_whole_number_or_address_alone(admin_client: Client) -> None:
    register()
    sell(2)
    first, second = Order.objects.order_by("pk")
    Order.objects.filter(pk=second.pk).update(name=f"{first.number} {CUSTOMER.email}")
    Order.objects.filter(pk=second.pk).update(email="ida@example.com")

    for term in (first.number, str(first.number).lower(), CUSTOMER.email):
        found = admin_client.get("/admin/orders/order/", {"q": term}).context["cl"].result_list
        assert list(found) == [first], term


def test_forms_do_not_list_the_catalogue(admin_client: Client) -> None:
    """A product is named in a text field with suggestions; no page has a choice of all products."""
    sell(1)
    Product.objects.bulk_create(
        Product(sku=f"MANY-{number}", name="Pen", unit_price=Decimal("1.00"))
        for number in range(200)
    )
    addresses = [
        reverse("admin:orders_order_add"),
        reverse("admin:inventory_stockitem_receive_stock"),
        reverse("admin:orders_order_changelist"),
        reverse("admin:inventory_stockitem_changelist"),
        reverse("admin:inventory_reservation_changelist"),
        reverse("admin:inventory_movement_changelist"),
    ]
    for address in addresses:
        assert "MANY-199" not in admin_client.get(address, follow=True).content.decode(), address
