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


def test_the_invoice_is_served_with_the_headers_of_a_private_file(client):
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


def test_a_copy_that_is_still_right_is_not_sent_again(client):
    draw(invoiced(ORDER))
    etag = client.get(INVOICE)["ETag"]

    response = client.get(INVOICE, headers={"If-None-Match": etag})

    assert response.status_code == 304
    assert response["ETag"] == etag
    assert not response.content


@pytest.mark.parametrize("accept", ["application/pdf", "application/json", "*/*"])
def test_an_invoice_that_is_not_drawn_yet_is_a_problem_document(client, accept):
    invoiced(ORDER)

    response = client.get(INVOICE, headers={"Accept": accept})

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 404
    assert "no invoice" in response.json()["detail"]


def test_a_lost_file_is_not_found_and_no_crash(client):
    invoice = invoiced(ORDER)
    draw(invoice)
    invoice.refresh_from_db()
    default_storage.delete(invoice.storage_name)

    assert client.get(INVOICE).status_code == 404


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4\nsomebody else's\n%%EOF\n"])
def test_a_file_that_is_not_the_issued_one_is_never_served(client, content):
    invoice = invoiced(ORDER)
    draw(invoice)
    invoice.refresh_from_db()
    Path(default_storage.path(invoice.storage_name)).write_bytes(content)

    response = client.get(INVOICE)

    assert response.status_code == 404
    assert "ETag" not in response
    assert "cannot be shown" in response.json()["detail"]


def test_the_credit_note_has_an_address_of_its_own(client):
    invoiced(ORDER)
    draw(issue_credit_note(cancelled()))

    response = client.get(reverse("credit-note-pdf", args=[TOKEN]))

    assert response.status_code == 200
    assert "CN-" in response["Content-Disposition"]
    assert client.get(INVOICE).status_code == 404
