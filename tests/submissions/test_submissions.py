"""Every form of the admin acts once, however often it is sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from config import nightly
from inventory.services import receive_stock
from shop.models import Product, Submission
from shop.submissions import FIELD, KEPT, ShownOnce, new_token
from tests.submissions.cases import CASES, done, filled
from tests.support.pages import forms, posting

LEADS_ON = {
    "order.customers_page",
    "order.deliveries",
    "delivery.deliver_again",
    "delivery.discard",
}
"""Buttons that lead to another page and do nothing themselves."""

READS = {
    "order.export_rows",
    "product.export_rows",
    "stockitem.export_rows",
    "shipment.packing_slip",
    "shipment.packing_slips",
}
"""Buttons that answer with a file and change nothing."""


@pytest.fixture(autouse=True)
def shelf(transactional_db: None, settings: Settings) -> None:
    settings.OUTLET_WEBHOOKS = True
    Product.objects.create(sku="CUP", name="A cup", unit_price="9.90")
    receive_stock("CUP", 50, "first delivery")


@pytest.fixture
def staff(shelf: None) -> Client:
    return signed_in(User.objects.create_superuser("staff", password="x"))


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def test_every_button_of_the_admin_has_a_case() -> None:
    admin.autodiscover()
    found = set()
    for model, page in admin.site._registry.items():
        names = [*page.actions_list, *page.actions_detail, *page.actions_submit_line]
        for one in (*names, *(page.actions or ())):
            found.add(f"{model._meta.model_name}.{one}")

    assert found - LEADS_ON - READS == {name for name in CASES if name in found}


@pytest.mark.parametrize("name", CASES)
def test_form_sent_twice_acts_once(staff: Client, name: str) -> None:
    case = CASES[name]
    address, form = filled(staff, case)
    before = case.count()

    first = staff.post(address, form)
    again = staff.post(address, form)

    assert case.count() == before + 1
    assert again.status_code == 302
    shown_once = isinstance(first, ShownOnce)
    assert first.status_code == (200 if shown_once else 302)
    assert again["Location"] == (first.repeat_url if shown_once else first["Location"])
    page = staff.get(again["Location"]).content.decode()
    assert "was sent before" in page
    for words in case.shows:
        assert words in page


@pytest.mark.parametrize(
    "name", ["order.add as placed", "stockitem.receive_stock", "message.send_this_again",
             "product.add", "subscription.pause"],
)  # fmt: skip
def test_form_sent_twice_at_once_acts_once(staff: Client, name: str) -> None:
    case = CASES[name]
    address, form = filled(staff, case)
    before = case.count()
    user = User.objects.get(username="staff")

    def post(_: int) -> int:
        try:
            return signed_in(user).post(address, form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(post, range(3)))

    assert case.count() == before + 1
    assert answers == [302, 302, 302]


def test_deleting_a_selection_twice_deletes_it_once(staff: Client) -> None:
    address = reverse("admin:shop_product_changelist")
    old = Product.objects.create(sku="OLD", name="Old", unit_price="1")
    chosen = posting(staff, address, "action", FIELD).filled(
        action="delete_selected", _selected_action=old.pk
    )
    question = staff.post(address, chosen).content.decode()
    form = next(one for one in forms(question) if "post" in one.fields)

    first = staff.post(address, form.filled())
    again = staff.post(address, form.filled(), follow=True)

    assert first.status_code == 302
    assert not Product.objects.filter(sku="OLD").exists()
    assert "was sent before" in again.content.decode()


def test_row_added_in_window_of_another_form_is_added_once(staff: Client) -> None:
    address = reverse("admin:auth_group_add") + "?_popup=1"
    form = posting(staff, address, "name", FIELD).filled(name="packers")

    first = staff.post(address, form)
    again = staff.post(address, form)

    assert Group.objects.filter(name="packers").count() == 1
    assert first.status_code == again.status_code == 200
    assert again.content == first.content


def test_refused_form_can_be_sent_again(staff: Client) -> None:
    address, form = filled(staff, CASES["product.add"])

    refused = staff.post(address, form | {"unit_price": "free"})
    staff.post(address, form)

    assert refused.status_code == 200
    assert Product.objects.filter(sku="POT").exists()
    assert Submission.objects.count() == 1


def test_changed_repeat_of_a_form_is_refused(staff: Client) -> None:
    address, form = filled(staff, CASES["product.add"])
    staff.post(address, form)

    page = staff.post(address, form | {"sku": "PAN"}, follow=True).content.decode()

    assert "your changes since then are not saved" in page
    assert not Product.objects.filter(sku="PAN").exists()


def test_form_can_be_sent_again_after_an_error(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, form = filled(staff, CASES["stockitem.receive_stock"])
    staff.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("inventory.services.receive_stock", lambda *_: 1 / 0)
        assert staff.post(address, form).status_code == 500

    staff.post(address, form)

    assert CASES["stockitem.receive_stock"].count() == 1


def test_failed_bulk_steps_are_not_begun_again(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, form = filled(staff, CASES["subscription.backfill"])
    staff.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("bus.admin.subscriptions.backfill", lambda *_, **__: 1 / 0)
        assert staff.post(address, form).status_code == 500

    page = staff.post(address, form, follow=True).content.decode()

    assert "has not finished" in page
    assert done("backfill")() == 0


@pytest.mark.parametrize("token", ["forged", "old"])
def test_form_with_invalid_token_does_nothing(staff: Client, token: str) -> None:
    address, form = filled(staff, CASES["product.add"])
    with time_machine.travel(timezone.now() - timedelta(days=15)):
        form[FIELD] = "forged" if token == "forged" else new_token()

    page = staff.post(address, form, follow=True).content.decode()

    assert "open for too long" in page
    assert not Product.objects.filter(sku="POT").exists()


def test_nightly_prune_deletes_expired_submissions(staff: Client) -> None:
    for name in ("product.add", "stockitem.receive_stock"):
        staff.post(*filled(staff, CASES[name]))
    newer, older = Submission.objects.order_by("-at")
    Submission.objects.filter(pk=older.pk).update(at=timezone.now() - KEPT - timedelta(hours=1))

    nightly.prune()

    assert Submission.objects.get() == newer


@pytest.mark.parametrize("name", [*CASES, "lists"])
def test_every_posting_form_has_its_own_token(staff: Client, name: str) -> None:
    if name == "lists":
        models = (model._meta.label_lower.replace(".", "_") for model in admin.site._registry)
        pages = ["/admin/", "/admin/password_change/"]
        pages += [reverse(f"admin:{model}_changelist") for model in models]
    else:
        pages = [CASES[name].page()]
    tokens = []
    for page in pages:
        found = [one for one in forms(staff.get(page).content.decode()) if one.method == "post"]
        assert all(FIELD in one.fields for one in found), page
        tokens += [token for one in found for token in one.fields[FIELD]]

    assert len(tokens) >= len(pages)
    assert len(set(tokens)) == len(tokens)
