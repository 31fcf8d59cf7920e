"""Each ready group of staff walks through the whole admin: its own pages open, no others do."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from config.navigation import navigation
from config.roles import ROLES, add_missing_groups
from inventory.models import StockItem
from inventory.services import receive_stock
from orders.models import Order, State
from shop.links import token_of
from shop.models import Product
from tests.support.pages import posting
from tests.support.roles import ADDS, IMPORTS, OPENS
from tests.support.staff import member

pytestmark = pytest.mark.django_db

FORM = {
    "state": "draft",
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "line1": "12 Example Street",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
    "language": "en-gb",
    "lines-TOTAL_FORMS": 1,
    "lines-0-sku": "MUG",
    "lines-0-quantity": 2,
}
PLACE = "orders_order_save_and_place"


@pytest.fixture(autouse=True)
def mug() -> None:
    Product.objects.create(sku="MUG", name="Blue mug", unit_price="12.00")
    receive_stock("MUG", 10, "a test")


def lists() -> list[str]:
    admin.autodiscover()  # the pages are loaded with the first request, else
    return [f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry]


@pytest.mark.parametrize("role", ROLES)
def test_role_opens_its_own_lists_and_no_others(role: str) -> None:
    browser = member(role)

    opened = {
        name
        for name in lists()
        if browser.get(reverse(f"admin:{name}_changelist")).status_code == 200
    }

    assert opened == OPENS[role]
    assert browser.get("/admin/").status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_menu_offers_only_what_the_role_may_open(role: str) -> None:
    browser = member(role)
    request = browser.get("/admin/").wsgi_request

    for group in navigation(request):
        for item in group["items"]:
            status = browser.get(str(item["link"])).status_code
            assert (status == 200) == item["permission"](request), (item["title"], status)


@pytest.mark.parametrize("role", ROLES)
def test_role_adds_only_what_its_work_needs(role: str) -> None:
    browser = member(role)

    added = {
        name
        for name, model in zip(lists(), admin.site._registry, strict=True)
        if browser.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/").status_code
        == 200
    }

    assert added == ADDS.get(role, set())


@pytest.mark.parametrize("role", ROLES)
def test_role_imports_only_what_its_work_needs(role: str) -> None:
    browser = member(role)

    imported = {
        name
        for name in ("shop_product", "inventory_stockitem")
        if browser.get(reverse(f"admin:{name}_import_rows")).status_code == 200
    }

    assert imported == IMPORTS.get(role, set())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("page", ["dashboard", "snapshot"])
def test_only_accounting_sees_revenue(role: str, page: str) -> None:
    status = member(role).get(reverse(f"analytics:{page}")).status_code

    assert status == (200 if role == "accounting" else 403)


def write(browser: Client, **more: Any) -> Any:
    page = posting(browser, "/admin/orders/order/add/", "email")
    return browser.post("/admin/orders/order/add/", page.filled(**FORM, **more))


def test_support_writes_places_and_cancels_order() -> None:
    browser = member("support")
    receive_stock("MUG", 5, "delivery note 1", "grace")

    write(browser, **{PLACE: "1"})

    order = Order.objects.get()
    assert order.state == State.PLACED
    cancel = f"/admin/orders/order/{order.pk}/cancel/"
    browser.post(cancel, posting(browser, cancel, "reason").filled(reason="Asked by phone"))
    order.refresh_from_db()
    assert order.state == State.CANCELLED


def test_staff_without_place_permission_save_drafts_only() -> None:
    browser = member("support")
    Group.objects.get(name="support").permissions.remove(
        *Group.objects.get(name="support").permissions.filter(codename="place_order")
    )

    write(browser, **{PLACE: "1"})
    page = browser.get(f"/admin/orders/order/{Order.objects.get().pk}/change/").content.decode()

    order = Order.objects.get()
    assert order.state == State.DRAFT
    assert order.lines.count() == 1
    assert "Save and place" not in page
    assert "saving places it" not in page


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"support"}))
def test_other_roles_neither_place_nor_cancel(role: str) -> None:
    write(member("support"), **{PLACE: "1"})
    order = Order.objects.get(state=State.PLACED)
    User.objects.all().delete()
    browser = member(role)

    assert browser.post("/admin/orders/order/add/", FORM).status_code == 403
    assert (
        browser.post(f"/admin/orders/order/{order.pk}/cancel/", {"reason": "x"}).status_code == 403
    )


@pytest.mark.parametrize("role", ROLES)
def test_link_to_customers_page_needs_cancel_permission(role: str) -> None:
    """The link of that page cancels."""
    write(member("support"), **{PLACE: "1"})
    order = Order.objects.get()
    User.objects.all().delete()
    browser, token = member(role), token_of(order.public_id)
    page = f"/admin/orders/order/{order.pk}/change/"

    answer = browser.get(f"/admin/orders/order/{order.pk}/customers-page/")

    shown = browser.get(page).content.decode()
    assert token not in shown
    assert ("Customer&#x27;s page" in shown) == (role == "support")
    if role == "support":
        assert answer["Location"] == f"/orders/{token}/"
    else:
        assert answer.status_code == 403


def test_draft_has_no_customers_page() -> None:
    browser = member("support")
    write(browser)
    order = Order.objects.get()

    assert (
        "Customer&#x27;s page"
        not in browser.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    )
    assert browser.get(f"/admin/orders/order/{order.pk}/customers-page/").status_code == 403


@pytest.mark.parametrize("role", ROLES)
def test_only_warehouse_books_stock(role: str) -> None:
    browser = member(role)
    page = reverse("admin:inventory_stockitem_receive_stock")
    status = browser.get(page).status_code

    assert status == (200 if role == "warehouse" else 403)
    if role == "warehouse":
        filled = posting(browser, page, "quantity").filled(sku="MUG", quantity="7", reason="x")
        browser.post(page, filled)
        assert StockItem.objects.get().on_hand == 17


def test_changed_group_is_not_reset() -> None:
    add_missing_groups()
    Group.objects.get(name="support").permissions.clear()
    Group.objects.get(name="operator").delete()

    assert add_missing_groups() == ["operator"]
    assert not Group.objects.get(name="support").permissions.exists()


def test_login_without_next_leads_to_admin(client: Client) -> None:
    User.objects.create_superuser("ada", password="a long password")

    answer = client.post(
        "/admin/login/", {"username": "ada", "password": "a long password"}, follow=True
    )

    assert answer.redirect_chain == [("/admin/", 302)]
    assert answer.status_code == 200
