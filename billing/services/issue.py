"""Issuing invoices and credit notes: a number, and frozen content."""

from datetime import date
from typing import Any

import msgspec
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import formatting
from billing.document import tax_sums
from billing.models import Invoice
from billing.services.series import Number, next_numbers
from bus import publish
from bus.selectors import is_published
from shop.events import InvoiceNumbered, OrderCancelled, OrderConfirmed, OrderPlaced
from shop.languages import written_in
from shop.payment import due_on


class NothingToCorrect(LookupError):
    """A confirmed order was cancelled, but has no invoice; repeat once it has one."""


def issue_invoices(orders: list[OrderConfirmed]) -> list[Invoice]:
    """Number each order's invoice, freeze its content and publish `InvoiceNumbered`.

    Once per order: an order that has an invoice is skipped. Returns those issued now, in the order
    given. The date of issue is today in the shop's time zone, so that dates rise with numbers. Four
    statements for any number of orders, besides publishing. Needs a transaction.
    """
    today = timezone.localdate()
    fresh = _uninvoiced(orders)
    return _issue(Invoice.Kind.INVOICE, today, [(order, _content(order, today)) for order in fresh])


def issue_credit_note(order: OrderCancelled) -> Invoice | None:
    """Credit the whole invoice of a cancelled order, under a number of the credit notes' series.

    None if the order was cancelled or rejected before it was confirmed: it has no invoice. Once
    per order. The note repeats the invoice's content and names it by number and date (Art. 219 of
    Directive 2006/112/EC; section 14 (6) no. 5 UStG with section 31 (5) UStDV). Amounts are
    positive, as in EN 16931 for type 381: the kind of document is the sign. Needs a transaction.

    Raises:
        NothingToCorrect: the order was confirmed, but has no invoice.
    """
    found = _existing(order, Invoice.Kind.CREDIT_NOTE)
    if found:
        return found
    invoice = _existing(order, Invoice.Kind.INVOICE)
    if invoice is None and not is_published(OrderConfirmed, order.number):
        return None
    if invoice is None:
        raise NothingToCorrect(
            f"{order.number} was cancelled but has no invoice. Deliver its OrderConfirmed to "
            "billing first, then deliver this event again."
        )
    amounts = ("lines", "taxes", "net", "tax", "total", "currency")
    copied = ("ordered_on", "buyer", *amounts, "restricted_at")
    with written_in(invoice.customer.language):
        terms = _("Nothing is left to pay. What was paid is returned the way it came.")
    content = {
        "corrects": invoice,
        "payment_terms": terms,
        **{name: getattr(invoice, name) for name in copied},
    }
    [note] = _issue(Invoice.Kind.CREDIT_NOTE, timezone.localdate(), [(order, content)])
    return note


def _existing(order: OrderPlaced, kind: Invoice.Kind) -> Invoice | None:
    return Invoice.objects.filter(order_number=order.number, kind=kind).first()


def _uninvoiced(orders: list[OrderConfirmed]) -> list[OrderConfirmed]:
    by_number = {order.number: order for order in orders}
    invoices = Invoice.objects.filter(order_number__in=by_number, kind=Invoice.Kind.INVOICE)
    invoiced = set(invoices.values_list("order_number", flat=True))
    return [order for number, order in by_number.items() if number not in invoiced]


def _content(order: OrderConfirmed, issued_on: date) -> dict[str, Any]:
    with written_in(order.customer.language):
        due = formatting.day(due_on(issued_on))
        terms = _("Please pay by %(day)s, stating the invoice number.") % {"day": due}
    return {
        "ordered_on": timezone.localdate(order.placed_at),
        "buyer": msgspec.to_builtins(order.customer),
        "lines": msgspec.to_builtins(order.lines),
        "taxes": msgspec.to_builtins(tax_sums(order.lines)),
        "net": order.net,
        "tax": order.tax,
        "total": order.total,
        "currency": order.currency,
        "payment_terms": terms,
    }


def _document(number: Number, order: OrderPlaced, **content: Any) -> Invoice:
    return Invoice(
        number=str(number),
        series=number.prefix,
        year=number.year,
        sequence=number.sequence,
        order_number=order.number,
        order_id=order.order_id,
        seller=dict(settings.SELLER),
        **content,
    )


def _issue(
    kind: Invoice.Kind, issued_on: date, contents: list[tuple[OrderPlaced, dict[str, Any]]]
) -> list[Invoice]:
    numbers = next_numbers(kind, issued_on, len(contents))
    documents = [
        _document(number, order, kind=kind, issued_on=issued_on, **content)
        for number, (order, content) in zip(numbers, contents, strict=True)
    ]
    Invoice.objects.bulk_create(documents)
    for document, (order, _content) in zip(documents, contents, strict=True):
        event = InvoiceNumbered(
            number=order.number,
            order_id=order.order_id,
            at=timezone.now(),
            document=document.number,
            kind=kind.value,
            due_on=due_on(issued_on) if kind == Invoice.Kind.INVOICE else None,
            corrects=document.corrects.number if document.corrects else "",
        )
        publish(event, cause=order)
    return documents
