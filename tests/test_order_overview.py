"""The page of a placed order in the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bus.models import Delivery
from bus.testing import settle
from bus.worker.registration import register
from inventory.services import receive_stock
from orders.models import Order
from orders.services import Basket, Repeat, checkout
from shop.models import Product
from shop.testing import CUSTOMER

pytestmark = pytest.mark.django_db(transaction=True)

PANELS = {
    "Stock": "inventory.view_reservation",
    "Shipment": "fulfillment.view_shipment",
    "Documents": "billing.view_invoice",
    "Mails": "notifications.view_message",
    "Timeline": "bus.view_delivery",
}


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Any) -> None:
    settings.EMAIL_BACKEND = "shop.mail.folder.FolderBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.MEDIA_ROOT = tmp_path / "documents"
    register()


def order_of(lines: int) -> Order:
    """An order of so many products, handled by every app."""
    skus = [f"P{lines}-{number}" for number in range(lines)]
    for sku in skus:
        Product.objects.create(sku=sku, name=f"Pot {sku}", unit_price="11.90")
        receive_stock(sku, 5, "delivery note")
    basket = Basket(CUSTOMER, dict.fromkeys(skus, 1))
    placed = checkout(basket, Repeat.of(f"key {lines}", dict.fromkeys(skus, 1))).order
    settle()
    return placed


def page(client: Client, order: Order) -> str:
    answer = client.get(f"/admin/orders/order/{order.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def member(*permissions: str) -> Client:
    user = User.objects.create_user("eve", is_staff=True)
    for name in permissions:
        app, codename = name.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    browser = Client()
    browser.force_login(user)
    return browser


def test_overview_shows_the_rows_of_every_app(admin_client: Client) -> None:
    order = order_of(2)
    Delivery.objects.filter(subscription__name__endswith="record_sales").update(
        state="dead", closed_at=order.placed_at, error="Traceback\nValueError: no such day"
    )

    shown = page(admin_client, order)

    for title in PANELS:
        assert f">{title}" in "".join(shown.split()), title
    for said in (
        "P2-0",  # a line, and its reservation
        "23.80",
        "ada@example.com",
        "INV-",
        "Order confirmation",
        "because of OrderPlaced",
        "reserve_stock",
        "ValueError: no such day",
        "a delivery is dead",
    ):
        assert said.casefold() in shown.casefold(), said


@pytest.mark.parametrize("title", PANELS)
def test_panel_is_shown_to_who_may_view_its_rows(title: str) -> None:
    order = order_of(1)

    shown = "".join(page(member("orders.view_order", PANELS[title]), order).split())

    assert {one for one in PANELS if f">{one}</h2>" in shown} == {title}


def test_queries_of_overview_do_not_grow_with_lines(admin_client: Client) -> None:
    costs = []
    for lines in (1, 40):
        order = order_of(lines)
        page(admin_client, order)
        with CaptureQueriesContext(connection) as queries:
            page(admin_client, order)
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_overview_counts_other_orders_of_the_customer(admin_client: Client) -> None:
    order_of(1)
    order = order_of(2)

    assert "1 other order" in page(admin_client, order)


def test_draft_is_a_form(admin_client: Client) -> None:
    draft = Order.objects.create(
        email="ada@example.com", name="Ada", line1="Weg 1", city="B", country="DE"
    )

    assert 'name="lines-0-sku"' in page(admin_client, draft)
