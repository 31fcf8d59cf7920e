"""Staff read documents in the admin and can change none."""

import pytest
from django.urls import reverse

from billing.tests.facts import confirmed, invoiced, line

pytestmark = pytest.mark.django_db
LIST = "admin:billing_invoice_changelist"


def test_the_list_shows_number_buyer_and_total(admin_client):
    invoice = invoiced(confirmed())

    page = admin_client.get(reverse(LIST)).content.decode()

    for part in (invoice.number, "Ada Lovelace", "73.22 EUR", "being drawn"):
        assert part in page


def test_a_longer_list_costs_no_more_queries(admin_client, django_assert_max_num_queries):
    invoiced(confirmed("SO-0"))
    admin_client.get(reverse(LIST))
    with django_assert_max_num_queries(100) as few:
        admin_client.get(reverse(LIST))
    for number in range(1, 25):
        invoiced(confirmed(f"SO-{number}"))

    with django_assert_max_num_queries(len(few)):
        page = admin_client.get(reverse(LIST)).content.decode()

    assert "SO-24" in page


def test_a_document_can_be_read_and_not_changed_added_or_deleted(admin_client):
    invoice = invoiced(confirmed())
    change = reverse("admin:billing_invoice_change", args=[invoice.pk])

    page = admin_client.get(change)

    assert page.status_code == 200
    assert "BOOK-1" in page.content.decode()
    assert admin_client.post(change, {"number": "X"}).status_code == 403
    assert admin_client.get(reverse("admin:billing_invoice_add")).status_code == 403
    delete = reverse("admin:billing_invoice_delete", args=[invoice.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403


def test_markup_in_a_name_stays_text(admin_client):
    invoice = invoiced(confirmed(lines=(line(name="<script>alert(1)</script>"),)))

    page = admin_client.get(reverse("admin:billing_invoice_change", args=[invoice.pk]))

    assert "<script>alert(1)" not in page.content.decode()
