"""The stock in the admin."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from inventory import services
from inventory.models import Movement, StockItem
from shop.models import Product

pytestmark = pytest.mark.django_db

SUBMITTED = {"_form_submitted": "True"}
"""What the dialog itself adds to its form."""

LIST = "admin:inventory_stockitem_changelist"


@pytest.fixture(autouse=True)
def shelf() -> None:
    Product.objects.create(sku="CUP", name="A cup", unit_price="9.90")
    services.receive_stock("CUP", 50, "first delivery")
    services.receive_stock("POT", 2, "first delivery")


def signed_in(*codenames: str) -> Client:
    user = User.objects.create_user("eve", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_list_shows_available_stock_and_filters_low_stock() -> None:
    client = signed_in("view_stockitem")

    everything = client.get(reverse(LIST)).content.decode()
    low = client.get(reverse(LIST), {"stock": "low"}).context["cl"].queryset

    assert "A cup" in everything
    assert "not in the catalogue" in everything
    assert [item.sku for item in low] == ["POT"]


def test_staff_receive_stock_by_form() -> None:
    client = signed_in("view_stockitem", "book_stock")
    url = reverse("admin:inventory_stockitem_receive_stock")

    form = client.get(url)
    answer = client.post(
        url,
        {"sku": "CUP", "quantity": "7", "reason": "Miller 4711", **SUBMITTED},
        headers={"HX-Request": "true"},
    )

    assert "Where from" in form.content.decode()
    assert answer.headers["HX-Redirect"] == reverse(LIST)
    assert Movement.objects.values_list("on_hand", "who")[0] == (7, "eve")


def test_staff_correct_stock_by_form() -> None:
    client = signed_in("view_stockitem", "book_stock")
    item = StockItem.objects.get(sku="CUP")
    url = reverse("admin:inventory_stockitem_correct_stock", args=[item.pk])

    client.post(url, {"counted": "48", "reason": "two broken", **SUBMITTED})

    item.refresh_from_db()
    assert item.on_hand == 48


def test_numbers_cannot_be_edited() -> None:
    client = signed_in("view_stockitem", "change_stockitem")
    item = StockItem.objects.get(sku="CUP")
    url = reverse("admin:inventory_stockitem_change", args=[item.pk])

    client.post(url, {"low_at": "8", "on_hand": "1000", "reserved": "3", "sku": "NEW"})

    item.refresh_from_db()
    assert (item.sku, item.low_at, item.on_hand, item.reserved) == ("CUP", 8, 50, 0)


def test_booking_stock_needs_its_permission() -> None:
    client = signed_in("view_stockitem", "change_stockitem")

    answer = client.post(reverse("admin:inventory_stockitem_receive_stock"), {})

    assert answer.status_code == 403


@pytest.mark.parametrize("model", ["movement", "reservation"])
def test_movements_and_reservations_are_read_only(model: str) -> None:
    client = signed_in(*(f"{verb}_{model}" for verb in ("view", "add", "change", "delete")))

    assert client.get(reverse(f"admin:inventory_{model}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:inventory_{model}_add")).status_code == 403
