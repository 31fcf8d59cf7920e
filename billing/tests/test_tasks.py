"""Billing's handlers, run by the bus."""

from decimal import Decimal

import msgspec
import pytest

from billing import audit
from billing.models import Invoice
from billing.tests.events import cancelled, confirmed, placed
from bus.models import Delivery, Event
from bus.store.outbox import fan_out
from bus.testing import given, settle, state_of
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)
CREDITING = "billing.tasks.issue_credit_note"


def test_confirmed_order_is_invoiced_and_pdf_drawn():
    given(confirmed("SO-1"), confirmed("SO-2"))

    settle()

    assert [invoice.sequence for invoice in Invoice.objects.order_by("id")] == [1, 2]
    assert not Invoice.objects.filter(sha256="").exists()
    assert state_of("billing.tasks.draw_document", "SO-1") == "done"


def test_order_that_cannot_be_invoiced_takes_no_number():
    refused = msgspec.structs.replace(confirmed("SO-2"), net=Decimal(-1))
    given(confirmed("SO-1"), refused, confirmed("SO-3"))

    settle()

    invoices = Invoice.objects.order_by("id").values_list("order_number", "sequence")
    assert list(invoices) == [("SO-1", 1), ("SO-3", 2)]
    assert state_of("billing.tasks.issue_invoice", "SO-2") == "dead"


def test_every_invoice_of_batch_has_its_order(caplog):
    given(confirmed("SO-1"), confirmed("SO-2"))

    settle()

    orders = Event.objects.filter(type="OrderConfirmed").order_by("stream")
    numbered = Event.objects.filter(type="InvoiceNumbered").order_by("stream")
    assert [event.causation for event in numbered] == [order.uuid for order in orders]
    assert "one by one" not in caplog.text


def test_cancelled_order_is_credited():
    given(confirmed(), cancelled())

    settle()

    note = Invoice.objects.get(kind="credit note")
    invoice = Invoice.objects.get(kind="invoice")
    assert note.corrects == invoice
    assert note.sha256
    issued = Event.objects.filter(type="InvoiceIssued").order_by("id")
    assert [event.data["corrects"] for event in issued] == ["", invoice.number]


def test_order_that_was_placed_is_not_invoiced_before_it_is_confirmed():
    given(placed())

    settle("billing")

    assert not Invoice.objects.exists()


def test_rejected_order_has_neither_invoice_nor_credit_note():
    given(placed(), cancelled())

    settle("billing")

    assert not Invoice.objects.exists()
    assert state_of(CREDITING, "SO-100042") == "done"
    assert list(audit.done_without_effect()) == list(audit.effect_without_done()) == []


@pytest.mark.parametrize(("invoicing", "crediting"), [("dead", "waiting"), ("discarded", "dead")])
def test_credit_note_waits_for_invoice_until_it_is_discarded(invoicing, crediting):
    given(confirmed(), cancelled())
    register("billing")
    fan_out()
    to_invoice = Delivery.objects.filter(subscription__name="billing.tasks.issue_invoice")
    to_invoice.update(state=invoicing)

    settle("billing")

    assert state_of(CREDITING, "SO-100042") == crediting


def test_failing_storage_keeps_delivery_waiting(documents):
    (documents / "invoices").write_text("a file where a folder should be")
    given(confirmed())

    settle()

    assert state_of("billing.tasks.draw_document", "SO-100042") == "waiting"
    assert state_of("billing.tasks.issue_invoice", "SO-100042") == "done"
