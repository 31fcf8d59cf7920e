"""Export of orders: what stands in the file, and that nothing in it is a formula."""

import csv
import io

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from orders.models import Order
from orders.services import Basket, Repeat, checkout
from shop.models import Product
from shop.testing import CUSTOMER

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/orders/order/export/"


@pytest.fixture
def order() -> Order:
    Product.objects.create(sku="CUP", name="A cup", unit_price="11.90")
    return checkout(Basket(CUSTOMER, {"CUP": 2}), Repeat.of("key", {"CUP": 2})).order


def rows(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.post(PAGE + query, {"format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_order_is_one_row(admin_client: Client, order: Order) -> None:
    (row,) = rows(admin_client)

    assert row["number"] == order.number
    assert row["phase"] == "waiting for stock"
    assert (row["net"], row["tax"], row["total"], row["currency"]) == (
        "20.00", "3.80", "23.80", "EUR",
    )  # fmt: skip
    assert (row["city"], row["country"]) == ("Berlin", "DE")
    assert row["shipped_at"] == ""


def test_name_of_customer_is_no_formula(admin_client: Client, order: Order) -> None:
    Order.objects.update(name='=HYPERLINK("http://x.example","click")', line1="Bob;@SUM(1+1)")

    (row,) = rows(admin_client)

    assert row["name"] == '\'=HYPERLINK("http://x.example","click")'
    assert row["line1"] == "Bob;'@SUM(1+1)"


def test_export_follows_the_phase(admin_client: Client, order: Order) -> None:
    assert rows(admin_client, "?phase=shipped") == []
    assert len(rows(admin_client, "?phase=waiting+for+stock")) == 1


def test_export_is_logged_with_its_user(admin_client: Client, order: Order) -> None:
    rows(admin_client)

    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.change_message) == ("admin", "Exported 1 rows as csv.")


def test_export_needs_permission_to_view_orders(client: Client, order: Order) -> None:
    client.force_login(User.objects.create_user("eve", is_staff=True))

    assert client.post(PAGE, {"format": "csv"}).status_code == 403


def test_orders_cannot_be_imported(admin_client: Client) -> None:
    assert admin_client.get("/admin/orders/order/import/", follow=True).redirect_chain
