"""A customer gets the PDF once it is there, and a problem before."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from billing.models import Invoice
from billing.services import draw_document, issue_credit_note
from billing.tests.events import cancelled, confirmed, invoiced
from shop.events import InvoiceNumbered
from shop.links import token_of

pytestmark = pytest.mark.django_db
ORDER = confirmed()
TOKEN = token_of(ORDER.order_id)
INVOICE = f"/api/v1/orders/{TOKEN}/invoice.pdf"


def draw(invoice: Invoice) -> None:
    draw_document(
        InvoiceNumbered(
            number=invoice.order_number,
            order_id=invoice.order_id,
            at=ORDER.at,
            document=invoice.number,
            kind=invoice.kind,
        )
    )()


def test_invoice_is_served_with_headers_of_private_file(client):
    invoice = invoiced(ORDER)
    draw(invoice)

    response = client.get(INVOICE, headers={"Accept": "application/pdf"})

    invoice.refresh_from_db()
    assert response.status_code == 200
    assert response.content == default_storage.open(invoice.storage_name).read()
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{invoice.number}.pdf"'
    assert response["ETag"] == f'"{invoice.sha256}"'
    assert response["Cache-Control"].startswith("private")


def test_current_copy_is_answered_with_not_modified(client):
    draw(invoiced(ORDER))
    etag = client.get(INVOICE)["ETag"]

    response = client.get(INVOICE, headers={"If-None-Match": etag})

    assert response.status_code == 304
    assert response["ETag"] == etag
    assert not response.content


@pytest.mark.parametrize("accept", ["application/pdf", "application/json", "*/*"])
def test_invoice_not_drawn_yet_is_answered_with_a_problem(client, accept):
    invoiced(ORDER)

    response = client.get(INVOICE, headers={"Accept": accept})

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 404
    assert "no invoice" in response.json()["detail"]


def test_lost_file_is_answered_with_not_found(client):
    invoice = invoiced(ORDER)
    draw(invoice)
    invoice.refresh_from_db()
    default_storage.delete(invoice.storage_name)

    assert client.get(INVOICE).status_code == 404


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4\nsomebody else's\n%%EOF\n"])
def test_file_with_another_hash_is_not_served(client, content):
    invoice = invoiced(ORDER)
    draw(invoice)
    invoice.refresh_from_db()
    Path(default_storage.path(invoice.storage_name)).write_bytes(content)

    response = client.get(INVOICE)

    assert response.status_code == 404
    assert "ETag" not in response
    assert "cannot be shown" in response.json()["detail"]


def test_credit_note_has_address_of_its_own(client):
    invoiced(ORDER)
    draw(issue_credit_note(cancelled()))

    response = client.get(reverse("credit-note-pdf", args=[TOKEN]))

    assert response.status_code == 200
    assert "CN-" in response["Content-Disposition"]
    assert client.get(INVOICE).status_code == 404
