"""Staff read documents in the admin and can change none."""

from pathlib import Path

import msgspec
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from billing.models import Invoice
from billing.tests.events import confirmed, invoiced, line
from billing.tests.issued import issued
from shop.links import token_of

pytestmark = pytest.mark.django_db
LIST = "admin:billing_invoice_changelist"


def test_list_shows_number_buyer_and_total(admin_client):
    invoice = invoiced(confirmed())

    page = admin_client.get(reverse(LIST)).content.decode()

    for part in (invoice.number, "Ada Lovelace", "73.22 EUR", "being drawn"):
        assert part in page


def test_queries_do_not_grow_with_the_list(admin_client, django_assert_max_num_queries):
    invoiced(confirmed("SO-0"))
    admin_client.get(reverse(LIST))
    with django_assert_max_num_queries(100) as few:
        admin_client.get(reverse(LIST))
    for number in range(1, 25):
        invoiced(confirmed(f"SO-{number}"))

    with django_assert_max_num_queries(len(few)):
        page = admin_client.get(reverse(LIST)).content.decode()

    assert "SO-24" in page


def test_document_can_be_read_and_not_changed_added_or_deleted(admin_client):
    invoice = invoiced(confirmed())
    change = reverse("admin:billing_invoice_change", args=[invoice.pk])

    page = admin_client.get(change)

    assert page.status_code == 200
    assert "BOOK-1" in page.content.decode()
    assert admin_client.post(change, {"number": "X"}).status_code == 403
    assert admin_client.get(reverse("admin:billing_invoice_add")).status_code == 403
    delete = reverse("admin:billing_invoice_delete", args=[invoice.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403


def test_yen_have_no_decimals_in_the_list(admin_client):
    order = confirmed(lines=(line(price="1200.00"),))
    invoice = invoiced(msgspec.structs.replace(order, currency="JPY"))

    address = reverse("admin:billing_invoice_change", args=[invoice.pk])
    page = admin_client.get(address).content.decode()

    assert "1,200 JPY" in page
    assert "1,200.00" not in page
    assert "1200.00" not in page


def test_markup_in_name_stays_text(admin_client):
    invoice = invoiced(confirmed(lines=(line(name="<script>alert(1)</script>"),)))

    page = admin_client.get(reverse("admin:billing_invoice_change", args=[invoice.pk]))

    assert "<script>alert(1)" not in page.content.decode()


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("eve", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    browser = Client()
    browser.force_login(user)
    return browser


def test_staff_with_view_permission_open_the_file():
    invoice = issued()
    browser = staff("view_invoice")

    page = browser.get(reverse(LIST)).content.decode()

    pdf = reverse("admin:billing_invoice_pdf", args=[invoice.pk])
    assert f'href="{pdf}"' in page
    answer = browser.get(pdf)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content == default_storage.open(invoice.storage_name).read()


def test_admin_pages_do_not_show_customers_link():
    """It would let them cancel, which is a permission of its own."""
    invoice = issued()
    browser, token = staff("view_invoice"), token_of(invoice.order_id)

    for address in (reverse(LIST), reverse("admin:billing_invoice_change", args=[invoice.pk])):
        assert token not in browser.get(address).content.decode()


def test_file_is_refused_without_permission_or_before_it_is_drawn():
    invoice = invoiced(confirmed())
    pdf = reverse("admin:billing_invoice_pdf", args=[invoice.pk])

    assert staff("view_series").get(pdf).status_code == 403
    User.objects.all().delete()
    browser = staff("view_invoice")
    assert browser.get(pdf).status_code == 404
    assert browser.get(reverse("admin:billing_invoice_pdf", args=["x"])).status_code == 404


def test_altered_file_is_reported_and_not_shown(admin_client):
    invoice: Invoice = issued()
    Path(default_storage.path(invoice.storage_name)).write_bytes(b"%PDF-1.4 another %%EOF")

    answer = admin_client.get(reverse("admin:billing_invoice_pdf", args=[invoice.pk]), follow=True)

    assert "is not the file that was issued" in answer.content.decode()
