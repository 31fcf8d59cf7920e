"""What is frozen when an order is invoiced or credited."""

from decimal import Decimal

import pytest

from billing.models import Invoice
from billing.services import NothingToCorrect, issue_credit_note, issue_invoice
from billing.tests.facts import CUSTOMER, cancelled, placed
from bus.models import Event

pytestmark = pytest.mark.django_db


def test_an_invoice_freezes_what_the_order_said():
    order = placed()

    invoice = issue_invoice(order)

    content = Invoice.objects.get(pk=invoice.pk).document()
    assert content.buyer == CUSTOMER
    assert content.lines == order.lines
    assert (content.net, content.tax, content.total) == (order.net, order.tax, order.total)
    assert [tax.rate for tax in content.taxes] == [Decimal("0.190"), Decimal("0.070")]
    assert sum(tax.total for tax in content.taxes) == order.total


def test_the_seller_is_frozen_too(settings):
    invoice = issue_invoice(placed())
    settings.SELLER = settings.SELLER | {"name": "Another Shop GmbH"}

    content = Invoice.objects.get(pk=invoice.pk).document()

    assert content.seller.name == "The Shop GmbH"


def test_an_order_is_invoiced_once_however_often_it_is_delivered():
    first = issue_invoice(placed())
    second = issue_invoice(placed())

    assert first == second
    assert Event.objects.filter(type="InvoiceNumbered").count() == 1


def test_a_credit_note_repeats_the_invoice_and_names_it(settings):
    invoice = issue_invoice(placed())

    note = issue_credit_note(cancelled())
    again = issue_credit_note(cancelled())

    content = Invoice.objects.get(pk=note.pk).document()
    assert again == note
    assert (content.corrects, content.corrects_issued_on) == (invoice.number, invoice.issued_on)
    assert (content.lines, content.total) == (placed().lines, placed().total)


def test_a_cancelled_order_without_an_invoice_is_an_error_that_says_what_to_do():
    with pytest.raises(NothingToCorrect, match=r"SO-100042 was cancelled but has no invoice\. Del"):
        issue_credit_note(cancelled())


def test_numbering_states_that_the_document_can_be_drawn():
    invoice = issue_invoice(placed())

    event = Event.objects.get(type="InvoiceNumbered")

    assert (event.stream, event.key) == ("SO-100042", f"InvoiceNumbered {invoice.number}")
    assert event.data["kind"] == "invoice"
