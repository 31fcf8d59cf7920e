"""Billing's reactions, run by the bus."""

import pytest

from billing.models import Invoice
from billing.tests.facts import cancelled, placed
from bus.testing import given, settle, state_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_placed_order_is_invoiced_and_the_pdf_drawn():
    given(placed("SO-1"), placed("SO-2"))

    settle()

    assert [invoice.sequence for invoice in Invoice.objects.order_by("id")] == [1, 2]
    assert not Invoice.objects.filter(sha256="").exists()
    assert state_of("billing.tasks.draw_document", "SO-1") == "done"


def test_a_cancelled_order_is_credited():
    given(placed(), cancelled())

    settle()

    note = Invoice.objects.get(kind="credit note")
    assert note.corrects == Invoice.objects.get(kind="invoice")
    assert note.sha256


def test_a_cancelled_order_without_an_invoice_is_left_to_a_person():
    given(cancelled())

    settle()

    assert state_of("billing.tasks.issue_credit_note", "SO-100042") == "dead"


def test_a_storage_that_fails_keeps_the_document_waiting(documents):
    (documents / "invoices").write_text("a file where a folder should be")
    given(placed())

    settle()

    assert state_of("billing.tasks.draw_document", "SO-100042") == "waiting"
    assert state_of("billing.tasks.issue_invoice", "SO-100042") == "done"
