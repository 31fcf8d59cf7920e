"""The mails: one for each event that is mailed to a customer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from notifications.models import Kind
from shop import addresses, links, reasons
from shop.events import (
    Customer,
    InvoiceIssued,
    OrderCancelled,
    OrderConfirmed,
    OrderEvent,
    OrderPlaced,
    ShipmentDispatched,
)
from shop.languages import written_in
from shop.payment import transfer
from shop.text import is_plain


@dataclass(frozen=True)
class Document:
    """A file in the shop's storage, and the SHA-256 of its content in hexadecimal."""

    storage_name: str
    sha256: str
    file_name: str


@dataclass(frozen=True)
class Mail:
    """One mail before it is sent, in its customer's language.

    Its bodies depend only on the event, the settings and the translations.

    They contain nothing that a customer typed, except in the attached document: an order can name
    any address, and the shop must not mail a customer's text to a stranger.
    """

    kind: Kind
    event: OrderEvent
    customer: Customer
    subject: str
    document: Document | None = None
    girocode: str = ""
    """The text of a QR code that the HTML shows as the picture `cid:girocode`."""
    context: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def html(self) -> str:
        return self._rendered("html")

    @cached_property
    def text(self) -> str:
        return self._rendered("txt").strip() + "\n"

    def _rendered(self, form: str) -> str:
        context = {
            "event": self.event,
            "subject": self.subject,
            "shop": settings.SHOP_NAME,
            "seller": settings.SELLER,
            "seller_lines": addresses.lines(SimpleNamespace(**settings.SELLER)),
            "site": settings.SITE_URL,
            "order_page": links.page_of(links.token_of(self.event.order_id)),
        }
        template = f"notifications/{self.kind.name.lower()}.{form}"
        with written_in(self.customer.language):
            return render_to_string(template, context | self.context)


def order_confirmation(order: OrderPlaced) -> Mail:
    """The mail for `OrderConfirmed`; earlier releases sent it for `OrderPlaced`."""
    names = {"number": order.number, "shop": settings.SHOP_NAME}
    subject = _("Your order %(number)s at %(shop)s") % names
    placed_at = order.placed_at if isinstance(order, OrderConfirmed) else order.at
    context = {"placed_at": placed_at}
    return Mail(Kind.ORDER_CONFIRMATION, order, order.customer, one_line(subject), context=context)


def cancellation(order: OrderCancelled) -> Mail:
    """For an order that the stock rejected, an apology and the order's only mail."""
    kind, subject = Kind.CANCELLATION, _("Your order %(number)s was cancelled")
    context = {}
    if order.rejected:
        kind, subject = Kind.REJECTION, _("We cannot deliver your order %(number)s")
        context = {"reason": reasons.shown(order.reason)}
    subject = one_line(subject % {"number": order.number})
    return Mail(kind, order, order.customer, subject, context=context)


def invoice(issued: InvoiceIssued) -> Mail:
    """The mail with the PDF of an invoice or a credit note; an invoice's says how to pay."""
    kind, subject = Kind.INVOICE, _("Invoice %(document)s for your order %(number)s")
    if issued.kind != "invoice":
        kind, subject = Kind.CREDIT_NOTE, _("Credit note %(document)s for your order %(number)s")
    document = Document(issued.storage_name, issued.sha256, f"{issued.document}.pdf")
    subject = one_line(subject % {"document": issued.document, "number": issued.number})
    if kind is Kind.CREDIT_NOTE:
        return Mail(kind, issued, issued.customer, subject, document)
    asked = transfer(issued.total, issued.currency, issued.document, issued.due_on)
    context = {"payment": asked}
    return Mail(kind, issued, issued.customer, subject, document, asked.girocode, context)


def dispatch_notice(shipment: ShipmentDispatched) -> Mail:
    subject = _("Your order %(number)s is on its way") % {"number": shipment.number}
    return Mail(Kind.DISPATCH_NOTICE, shipment, shipment.customer, one_line(subject))


MAILS: dict[type[OrderEvent], Callable[[Any], Mail]] = {
    OrderPlaced: order_confirmation,
    OrderConfirmed: order_confirmation,
    OrderCancelled: cancellation,
    InvoiceIssued: invoice,
    ShipmentDispatched: dispatch_notice,
}
"""The events that are mailed to a customer, each with the function that makes its mail."""


def compose(event: Any) -> Mail:
    """The mail for this event, in its customer's language."""
    with written_in(event.customer.language):
        return MAILS[type(event)](event)


def one_line(text: str) -> str:
    """The text without control and line-breaking characters, safe in a header.

    Line breaks would inject headers; marks of writing direction would disguise an address.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    visible = "".join(c if is_plain(c) else " " for c in text)
    return " ".join(visible.split())
