"""Billing's reactions, run by the bus."""

from decimal import Decimal

import msgspec
import pytest

from billing.models import Invoice
from billing.tests.facts import cancelled, placed
from bus.models import Event
from bus.testing import given, settle, state_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_placed_order_is_invoiced_and_the_pdf_drawn():
    given(placed("SO-1"), placed("SO-2"))

    settle()

    assert [invoice.sequence for invoice in Invoice.objects.order_by("id")] == [1, 2]
    assert not Invoice.objects.filter(sha256="").exists()
    assert state_of("billing.tasks.draw_document", "SO-1") == "done"


def test_an_order_that_cannot_be_invoiced_costs_its_batch_no_number():
    refused = msgspec.structs.replace(placed("SO-2"), net=Decimal(-1))
    given(placed("SO-1"), refused, placed("SO-3"))

    settle()

    invoices = Invoice.objects.order_by("id").values_list("order_number", "sequence")
    assert list(invoices) == [("SO-1", 1), ("SO-3", 2)]
    assert state_of("billing.tasks.issue_invoice", "SO-2") == "dead"


def test_every_invoice_of_a_batch_knows_its_order(caplog):
    given(placed("SO-1"), placed("SO-2"))

    settle()

    orders = Event.objects.filter(type="OrderPlaced").order_by("stream")
    numbered = Event.objects.filter(type="InvoiceNumbered").order_by("stream")
    assert [event.causation for event in numbered] == [order.uuid for order in orders]
    assert "one by one" not in caplog.text


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
