"""Nothing that an order sets off, and no page, reads a whole table that grows with the orders."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bus.testing import settle
from bus.worker.registration import register
from fulfillment.models import Shipment
from fulfillment.services import dispatch_shipment
from inventory.services import receive_stock
from orders.models import Order
from orders.services import Basket, Repeat, cancel_order, checkout
from shop.links import token_of
from shop.models import Product
from shop.testing import CUSTOMER

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ORDERS = 20

SMALL = {
    "bus_outbox", "bus_queue", "bus_subscription", "bus_relaystate",
    "shop_product", "shop_category", "inventory_stockitem", "billing_series",
    "analytics_dayfigures", "analytics_minutefigures", "analytics_productfigures",
    "auth_user", "django_session", "django_content_type", "auth_permission", "outlets_endpoint",
}  # fmt: skip
"""Tables that orders do not make longer, or that are emptied as fast as they are filled."""

SCAN = re.compile(r"Seq Scan on (\w+)")


@pytest.fixture(autouse=True)
def many_orders(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "shop.mail.folder.FolderBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.MEDIA_ROOT = tmp_path / "documents"
    register()
    Product.objects.create(sku="CUP", name="A cup", unit_price=Decimal("11.90"))
    receive_stock("CUP", 10 * ORDERS, "first delivery")
    for number in range(ORDERS):
        order(number)
    settle()


def order(number: int) -> Order:
    return checkout(Basket(CUSTOMER, {"CUP": 1}), Repeat.of(f"key {number}", {"CUP": 1})).order


def scanned(function: Callable[[], Any]) -> Iterator[str]:
    """What of a function's statements reads a whole table, by PostgreSQL's own plans.

    It is told that reading a whole table is dear, so it does so only where no index serves,
    however short the table is.
    """
    with CaptureQueriesContext(connection) as queries:
        function()
    words = ("SELECT", "UPDATE", "INSERT", "DELETE")
    for query in queries.captured_queries:
        if query["sql"].startswith(words):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute(f"EXPLAIN {query['sql']}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
            for table in set(SCAN.findall(plan)) - SMALL:
                yield f"{function.__name__} reads all of {table}: {query['sql'][:300]}"


def an_order_goes_its_way() -> None:
    order(ORDERS)
    settle()


def an_order_is_cancelled() -> None:
    cancel_order(Order.objects.earliest("pk").pk, "changed my mind")
    settle()


def an_order_is_dispatched() -> None:
    dispatch_shipment(Shipment.objects.latest("pk").pk, "DHL", "JD0001")
    settle()


def test_queries_of_an_order_use_indexes(client: Client) -> None:
    def pages() -> None:
        one = Order.objects.latest("pk")
        for name in ("order", "order-page"):
            assert client.get(reverse(name, args=[token_of(one.public_id)])).status_code == 200

    ways = (an_order_goes_its_way, an_order_is_dispatched, an_order_is_cancelled, pages)
    found = [scan for way in ways for scan in scanned(way)]

    assert found == [], "\n".join(found)


def test_queries_of_lists_and_searches_of_staff_use_indexes(admin_client: Client) -> None:
    newest = Order.objects.latest("pk")

    def lists_of_staff() -> None:
        for address in (
            "/admin/",
            "/admin/orders/order/",
            f"/admin/orders/order/?q={newest.number}",
            f"/admin/orders/order/?q={newest.email}",
            "/admin/fulfillment/shipment/",
            "/admin/fulfillment/packingboard/",
            "/admin/billing/invoice/",
            "/admin/notifications/message/",
            f"/admin/orders/order/{newest.pk}/change/",
        ):
            answer = admin_client.get(address, follow=True)
            assert answer.status_code == 200, address

    found = list(scanned(lists_of_staff))

    assert found == [], "\n".join(found)
