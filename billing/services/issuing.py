"""Numbering a document and freezing what stands on it."""

from datetime import date, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.utils import timezone

from billing import shown
from billing.content import tax_sums
from billing.models import Invoice
from billing.services.numbering import next_number
from bus import publish
from shop.events import InvoiceNumbered, OrderCancelled, OrderPlaced

PAYMENT_TERM = timedelta(days=14)


class NothingToCorrect(LookupError):
    """An order was cancelled that has no invoice; repeating does not help before it has one."""


def issue_invoice(order: OrderPlaced) -> Invoice:
    """Number the order's invoice, freeze its content and state that it can be drawn.

    Once per order: a second call returns the invoice that is there. It is issued today in the
    shop's time zone, so that dates rise with numbers. Needs a transaction.
    """
    found = _existing(order, Invoice.Kind.INVOICE)
    if found:
        return found
    today = timezone.localdate()
    due = shown.day(today + PAYMENT_TERM)
    return _issue(
        Invoice.Kind.INVOICE,
        order,
        today,
        ordered_on=timezone.localdate(order.at),
        buyer=msgspec.to_builtins(order.customer),
        lines=msgspec.to_builtins(order.lines),
        taxes=msgspec.to_builtins(tax_sums(order.lines)),
        net=order.net,
        tax=order.tax,
        total=order.total,
        currency=order.currency,
        payment_terms=f"Please pay by {due}, stating the invoice number.",
    )


def issue_credit_note(order: OrderCancelled) -> Invoice:
    """Credit the whole invoice of a cancelled order, under a number of the credit notes' series.

    Once per order. It repeats what was invoiced, and names that invoice by number and date
    (Art. 219 of Directive 2006/112/EC; section 14 (6) no. 5 UStG with section 31 (5) UStDV).
    The amounts are positive, as EN 16931 has it for type 381: *credit note* is the sign, and a
    minus before a credited amount can be read either way. Needs a transaction.

    Raises:
        NothingToCorrect: the order has no invoice.
    """
    found = _existing(order, Invoice.Kind.CREDIT_NOTE)
    if found:
        return found
    invoice = _existing(order, Invoice.Kind.INVOICE)
    if invoice is None:
        raise NothingToCorrect(
            f"{order.number} was cancelled but has no invoice. Deliver its OrderPlaced to "
            "billing first, then this event again."
        )
    copied = ("ordered_on", "buyer", "lines", "taxes", "net", "tax", "total", "currency")
    return _issue(
        Invoice.Kind.CREDIT_NOTE,
        order,
        timezone.localdate(),
        corrects=invoice,
        payment_terms="Nothing is left to pay. What was paid is returned the way it came.",
        **{name: getattr(invoice, name) for name in copied},
    )


def _existing(order: OrderPlaced, kind: Invoice.Kind) -> Invoice | None:
    return Invoice.objects.filter(order_number=order.number, kind=kind).first()


def _issue(kind: Invoice.Kind, order: OrderPlaced, issued_on: date, **content: Any) -> Invoice:
    number = next_number(kind, issued_on)
    invoice = Invoice.objects.create(
        kind=kind,
        number=str(number),
        series=number.prefix,
        year=number.year,
        sequence=number.sequence,
        order_number=order.number,
        order_id=order.order_id,
        issued_on=issued_on,
        seller=dict(settings.SELLER),
        **content,
    )
    publish(
        InvoiceNumbered(
            number=order.number,
            order_id=order.order_id,
            at=timezone.now(),
            document=invoice.number,
            kind=kind.value,
        )
    )
    return invoice
