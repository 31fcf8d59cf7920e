"""What is frozen when an order is invoiced or credited."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing import formatting
from billing.models import Invoice, Series
from billing.services import NothingToCorrect, issue_credit_note, issue_invoices, lock_series
from billing.tests.events import CUSTOMER, cancelled, confirmed, invoiced
from bus import publish
from bus.models import Event
from shop.events import OrderConfirmed

pytestmark = pytest.mark.django_db


def test_invoice_freezes_the_order():
    order = confirmed()

    invoice = invoiced(order)

    content = Invoice.objects.get(pk=invoice.pk).document()
    assert content.buyer == CUSTOMER
    assert content.lines == order.lines
    assert (content.net, content.tax, content.total) == (order.net, order.tax, order.total)
    assert [tax.rate for tax in content.taxes] == [Decimal("0.190"), Decimal("0.070")]
    assert sum(tax.total for tax in content.taxes) == order.total


def test_invoice_freezes_the_seller(settings):
    invoice = invoiced(confirmed())
    settings.SELLER = settings.SELLER | {"name": "Another Shop GmbH"}

    content = Invoice.objects.get(pk=invoice.pk).document()

    assert content.seller.name == "Testing GmbH"


def test_order_is_invoiced_once_however_often_it_is_delivered():
    first = invoiced(confirmed())
    again = issue_invoices([confirmed()])

    assert again == []
    assert Invoice.objects.get() == first
    assert Event.objects.filter(type="InvoiceNumbered").count() == 1


def test_already_invoiced_order_leaves_no_gap_in_its_batch():
    before = invoiced(confirmed("SO-2"))

    now = issue_invoices([confirmed(f"SO-{n}") for n in (3, 2, 1)])

    assert before.sequence == 1
    assert [(one.order_number, one.sequence) for one in now] == [("SO-3", 2), ("SO-1", 3)]
    assert list(Invoice.objects.order_by("id").values_list("sequence", flat=True)) == [1, 2, 3]
    published = Event.objects.filter(type="InvoiceNumbered").order_by("id")
    assert [event.stream for event in published] == ["SO-2", "SO-3", "SO-1"]


def test_batch_of_invoiced_orders_takes_no_number():
    invoiced(confirmed())

    issue_invoices([confirmed()])

    assert Series.objects.get().last == 1


def test_statements_do_not_grow_with_the_batch():
    def cost(batch: list[OrderConfirmed]) -> int:
        with CaptureQueriesContext(connection) as queries:
            lock_series(batch)
            issue_invoices(batch)
        return len([one for one in queries if "bus_" not in one["sql"]])  # besides the events

    invoiced(confirmed("SO-0"))  # opens the series
    one = cost([confirmed("SO-1")])
    many = cost([confirmed(f"SO-{n}") for n in range(2, 22)])

    assert one == many == 5  # and one of them locks the series


def test_credit_note_repeats_invoice_and_names_it(settings):
    invoice = invoiced(confirmed())

    note = issue_credit_note(cancelled())
    again = issue_credit_note(cancelled())

    content = Invoice.objects.get(pk=note.pk).document()
    assert again == note
    assert (content.corrects, content.corrects_issued_on) == (invoice.number, invoice.issued_on)
    assert (content.lines, content.total) == (confirmed().lines, confirmed().total)


def test_order_cancelled_before_confirmation_has_nothing_to_credit():
    assert issue_credit_note(cancelled()) is None

    assert not Invoice.objects.exists()
    assert not Series.objects.exists()


def test_crediting_without_invoice_raises_with_the_way_out():
    publish(confirmed())

    with pytest.raises(NothingToCorrect, match=r"SO-100042 was cancelled but has no invoice\. Del"):
        issue_credit_note(cancelled())


def test_numbering_publishes_invoice_numbered():
    invoice = invoiced(confirmed())

    event = Event.objects.get(type="InvoiceNumbered")

    assert (event.stream, event.key) == ("SO-100042", f"InvoiceNumbered {invoice.number}")
    assert event.data["kind"] == "invoice"


def test_invoice_and_its_event_name_the_same_day_to_pay_by(settings):
    settings.PAYMENT_TERMS_DAYS = 30
    invoice = invoiced(confirmed())
    settings.PAYMENT_TERMS_DAYS = 7

    due = invoice.issued_on + timedelta(days=30)
    assert formatting.day(due) in invoice.payment_terms
    assert Event.objects.get(type="InvoiceNumbered").data["due_on"] == due.isoformat()
    issue_credit_note(cancelled())
    assert Event.objects.filter(type="InvoiceNumbered").latest("id").data["due_on"] is None


def test_seller_of_an_earlier_release_has_no_bic_and_no_code(settings):
    settings.SELLER = {name: value for name, value in settings.SELLER.items() if name != "bic"}

    invoice = invoiced(confirmed())

    assert Invoice.objects.get(pk=invoice.pk).document().girocode == ""
