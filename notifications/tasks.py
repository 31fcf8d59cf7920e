"""The handlers of notifications."""

from datetime import timedelta
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend as EmailConnection

from bus import AfterDone, Queue, Retry, subscribe
from notifications import services
from shop.documents import DocumentUnavailable
from shop.events import (
    CustomerForgotten,
    InvoiceIssued,
    MailResendRequested,
    OrderCancelled,
    OrderConfirmed,
    ShipmentDispatched,
)
from shop.mail.errors import MailDeferred

# Not ordered: a mail that the mail server defers must not delay the order's next one.
QUEUE = Queue("notifications")

# A mail server fails for minutes: restarts, greylisting, rate limits. A broken one is repaired
# within a working day; after that a mail about an order is worth little. MailRefused (5xx) is not
# in the list: the same mail would be refused again.
RETRY = Retry(
    on=(MailDeferred, DocumentUnavailable),
    times=14,
    first_wait=timedelta(minutes=1),
    longest_wait=timedelta(hours=1),
)

MAILS: dict[str, Any] = {
    "queue": QUEUE,
    "retry": RETRY,
    "batch": 20,
    "external": True,
    "using": services.mail_connection,
}
"""How every mail is sent."""


# Not `OrderPlaced`: an order that the stock rejects gets an apology only.
@subscribe(OrderConfirmed, **MAILS)
def send_order_confirmation(
    order: OrderConfirmed, key: str, mail: EmailConnection
) -> AfterDone | None:
    """Mail the order's confirmation."""
    return services.send_order_confirmation(order, key, mail)


@subscribe(OrderCancelled, **MAILS)
def send_cancellation(order: OrderCancelled, key: str, mail: EmailConnection) -> AfterDone:
    """Mail that the order is cancelled, or that its goods are not available."""
    return services.send_cancellation(order, key, mail)


@subscribe(InvoiceIssued, **MAILS)
def send_invoice(invoice: InvoiceIssued, key: str, mail: EmailConnection) -> AfterDone:
    """Mail the invoice or credit note."""
    return services.send_invoice(invoice, key, mail)


@subscribe(ShipmentDispatched, **MAILS)
def send_dispatch_notice(
    shipment: ShipmentDispatched, key: str, mail: EmailConnection
) -> AfterDone:
    """Mail that the goods have left."""
    return services.send_dispatch_notice(shipment, key, mail)


@subscribe(MailResendRequested, **MAILS)
def resend_message(request: MailResendRequested, key: str, mail: EmailConnection) -> AfterDone:
    """Send a mail again that staff requested."""
    return services.resend_message(request, key, mail)


# Only our own database, and the folder of a shop without a mail server.
@subscribe(
    CustomerForgotten,
    queue=QUEUE,
    retry=Retry(
        on=(OSError,), times=8, first_wait=timedelta(seconds=1), longest_wait=timedelta(minutes=30)
    ),
    batch=50,
)
def forget_recipient(forgotten: list[CustomerForgotten]) -> None:
    """Erase the addresses of the orders' mails."""
    services.forget_recipient(forgotten)
