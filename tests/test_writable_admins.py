"""A form of the admin changes what was changed in it, whatever else happens to the row."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.db.models import Model
from django.db.models.signals import pre_save
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from inventory.models import StockItem
from inventory.services import receive_stock
from orders.models import Order
from outlets.models import Endpoint
from shop.admin import ChangesOnly
from shop.changes import ChangesForm
from shop.models import Category, LegalText, Product
from tests.support.pages import posting


@dataclass(frozen=True)
class Case:
    """A row, one change that staff make in its form, and what others write to it meanwhile."""

    make: Callable[[], Any]
    change: dict[str, Any]
    meanwhile: dict[str, Any]


def _stocked() -> StockItem:
    receive_stock("CUP", 10, "first delivery")
    return StockItem.objects.get(sku="CUP")


CASES: dict[type[Model], Case] = {
    StockItem: Case(_stocked, {"low_at": 8}, {"on_hand": 16, "reserved": 10}),
    Product: Case(
        lambda: Product.objects.create(sku="CUP", name="A cup", unit_price="9.90"),
        {"name": "A blue cup"},
        {
            "description": "Holds tea.",
            "unit_price": Decimal("12.00"),
            "tax_rate": Decimal("0.070"),
            "active": False,
        },
    ),
    Category: Case(
        lambda: Category.objects.create(name="Cups", slug="cups"),
        {"name": "Mugs"},
        {"slug": "drinking", "position": 3},
    ),
    LegalText: Case(
        lambda: LegalText.objects.create(kind="terms", text="Section 1"),
        {"text": "Section 1, again"},
        {},
    ),
    Order: Case(
        lambda: Order.objects.create(
            email="ada@example.com", name="Ada", line1="Weg 1", postal_code="10117", city="B",
            country="DE",
        ),
        {"city": "Berlin"},
        {"email": "ida@example.com", "line1": "Weg 2", "postal_code": "1050", "country": "BE",
         "reserved_at": timezone.now()},
    ),
    Endpoint: Case(
        lambda: Endpoint.objects.create(
            url="https://example.com/", events=["OrderPlaced"], secret="whsec_AAAA"
        ),
        {"description": "The accountant's"},
        {"enabled": False, "disabled_because": "It answered 410 (gone).", "secret": "whsec_BBBB"},
    ),
    User: Case(
        lambda: User.objects.create_user("eve", password="x"),
        {"first_name": "Eve"},
        {"password": "!", "last_login": timezone.now(), "email": "eve@example.com",
         "is_active": False},
    ),
    Group: Case(lambda: Group.objects.create(name="packers"), {"name": "Packers"}, {}),
}  # fmt: skip


def writable() -> list[type[Model]]:
    """The models whose rows a superuser may change in the admin."""
    admin.autodiscover()
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    pages = admin.site._registry.items()
    return [model for model, page in pages if page.has_change_permission(request)]


@pytest.fixture
def staff(transactional_db: None) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("staff", password="x"))
    return browser


def change_page(row: Model) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


def test_every_writable_admin_saves_changed_fields_only() -> None:
    models = writable()

    assert set(models) == set(CASES)
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    for model in models:
        page = admin.site._registry[model]
        row = model()
        assert isinstance(page, ChangesOnly), page
        assert issubclass(page.get_form(request, row, change=True), ChangesForm), page
        assert not page.list_editable, f"{page}: a list's form has no such check"
        for inline in page.get_inline_instances(request, row):
            if inline.has_change_permission(request, row):
                assert issubclass(inline.form, ChangesForm), inline


@pytest.mark.parametrize("model", CASES, ids=lambda model: model.__name__)
def test_outdated_form_changes_its_own_field_only(staff: Client, model: type[Model]) -> None:
    case = CASES[model]
    row = case.make()
    form = posting(staff, change_page(row), *case.change)
    model._default_manager.filter(pk=row.pk).update(**case.meanwhile)

    assert staff.post(change_page(row), form.filled(**case.change)).status_code == 302

    assert model._default_manager.filter(pk=row.pk, **case.change, **case.meanwhile).exists()


@pytest.mark.parametrize("model", [m for m in CASES if CASES[m].meanwhile],
                         ids=lambda model: model.__name__)  # fmt: skip
def test_concurrent_write_survives_saving_the_form(staff: Client, model: type[Model]) -> None:
    case = CASES[model]
    row = case.make()
    form = posting(staff, change_page(row), *case.change)
    rows = model._default_manager.filter(pk=row.pk)

    with written_in_between(model, lambda: rows.update(**case.meanwhile)):
        assert staff.post(change_page(row), form.filled(**case.change)).status_code == 302

    assert rows.filter(**case.change, **case.meanwhile).exists()


@contextmanager
def written_in_between(model: type[Model], write: Callable[[], Any]) -> Iterator[None]:
    """Let another connection write just before the row is saved, or as soon as it may."""

    def elsewhere() -> None:
        try:
            write()
        finally:
            connection.close()

    threads: list[threading.Thread] = []

    def begin(**_: Any) -> None:
        if not threads:
            threads.append(threading.Thread(target=elsewhere))
            threads[0].start()
            threads[0].join(0.5)  # it waits for our lock, or is done

    pre_save.connect(begin, sender=model)
    try:
        yield
    finally:
        pre_save.disconnect(begin, sender=model)
        for thread in threads:
            thread.join()
    assert threads, "nothing was saved"


def test_field_changed_by_another_user_is_refused(staff: Client) -> None:
    product = CASES[Product].make()
    form = posting(staff, change_page(product), "unit_price")
    Product.objects.update(unit_price="12.00")

    page = staff.post(change_page(product), form.filled(unit_price="11.00"))

    assert "This was changed to 12.00" in page.content.decode()
    assert Product.objects.get().unit_price == Decimal("12.00")


def test_lines_of_draft_keep_what_others_changed(staff: Client) -> None:
    Product.objects.create(sku="CUP", name="A cup", unit_price="9.90")
    Product.objects.create(sku="POT", name="A pot", unit_price="9.90")
    order = CASES[Order].make()
    line = order.lines.create(sku="CUP", quantity=1)
    form = posting(staff, change_page(order), "lines-0-quantity")
    order.lines.update(quantity=5)

    assert staff.post(change_page(order), form.filled(**{"lines-0-sku": "POT"})).status_code == 302

    line.refresh_from_db()
    assert (line.sku, line.quantity) == ("POT", 5)


def test_groups_of_user_keep_what_others_added(staff: Client) -> None:
    eve = CASES[User].make()
    form = posting(staff, change_page(eve), "first_name")
    eve.groups.add(Group.objects.create(name="packers"))
    eve.user_permissions.add(Permission.objects.first())

    assert staff.post(change_page(eve), form.filled(first_name="Eve")).status_code == 302

    assert (eve.groups.count(), eve.user_permissions.count()) == (1, 1)


def test_form_without_initial_values_is_saved_as_sent(staff: Client) -> None:
    product = Product.objects.create(
        sku="CUP", name="A cup", description="Holds tea.", unit_price="9.90"
    )

    staff.post(
        change_page(product),
        {"name": "A cup", "description": "", "unit_price": "9.90", "tax_rate": "19"},
    )

    product.refresh_from_db()
    assert (product.description, product.active) == ("", False)


@pytest.mark.parametrize("whose", ["own", "another's"])
def test_new_password_changes_only_the_password(staff: Client, whose: str) -> None:
    user = User.objects.get(username="staff") if whose == "own" else CASES[User].make()
    new = {"password1": "long-enough-4711", "password2": "long-enough-4711"}
    address = f"/admin/auth/user/{user.pk}/password/"
    if whose == "own":
        address = "/admin/password_change/"
        new = {f"new_{name}": value for name, value in new.items()} | {"old_password": "x"}
    form = posting(staff, address, *new)
    rows = User.objects.filter(pk=user.pk)

    with written_in_between(User, lambda: rows.update(is_active=False)):
        assert staff.post(address, form.filled(**new)).status_code == 302

    user.refresh_from_db()
    assert not user.is_active
    assert user.check_password("long-enough-4711")
