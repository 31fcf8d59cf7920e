"""The database keeps numbered documents as they are."""

import pytest
from django.db import IntegrityError, transaction

from billing.models import Invoice
from billing.services import draw_document, issue_credit_note
from billing.tests.events import cancelled, confirmed, invoiced
from shop.events import InvoiceNumbered

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "change",
    [
        {"number": "INV-2026-000099"},
        {"buyer": {}},
        {"lines": []},
        {"total": 1},
        {"issued_on": "2027-01-01"},
        {"payment_terms": "never"},
        {"order_number": "SO-1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_database_refuses_to_change_frozen_content(change):
    invoice = invoiced(confirmed())

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**change)


def test_database_refuses_to_delete_numbered_document():
    invoice = invoiced(confirmed())

    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        invoice.delete()


def test_database_refuses_to_change_file_of_issued_document():
    invoice = invoiced(confirmed())
    draw_document(
        InvoiceNumbered(
            number=invoice.order_number,
            order_id=invoice.order_id,
            at=confirmed().at,
            document=invoice.number,
            kind="invoice",
        )
    )()

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(sha256="0" * 64)


def test_database_refuses_second_document_of_a_kind():
    invoice = invoiced(confirmed())
    invoice.pk, invoice.number, invoice.sequence = None, "INV-2026-000002", 2

    with pytest.raises(IntegrityError), transaction.atomic():
        invoice.save(force_insert=True)


def test_credit_note_without_its_invoice_cannot_be_stored():
    invoiced(confirmed())
    note = issue_credit_note(cancelled())
    note.pk, note.number, note.sequence, note.corrects = None, "CN-2026-000002", 2, None
    note.order_number = "SO-2"

    with pytest.raises(IntegrityError), transaction.atomic():
        note.save(force_insert=True)
