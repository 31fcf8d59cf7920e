"""Sending the mail of an event."""

from datetime import timedelta

from django.core.mail.backends.base import BaseEmailBackend as EmailConnection
from django.utils import timezone

from bus import AfterDone, TryLater
from notifications.messages import compose
from notifications.models import Kind, Message, State
from notifications.services import records
from notifications.services.transport import send
from shop.events import InvoiceIssued, OrderCancelled, OrderConfirmed, ShipmentDispatched

LONGEST_SEND = timedelta(seconds=90)
"""A mail begun longer ago is not being sent: its worker's time limit has passed."""


def send_order_confirmation(
    order: OrderConfirmed, key: str, mail: EmailConnection
) -> AfterDone | None:
    """Mail the confirmation, unless the mail of the order's cancellation was begun before.

    Both mails commit their record first and look for the other's then, so at least one finds the
    other: the confirmation is skipped, or the cancellation waits. An order that an earlier release
    confirmed when it was placed is not confirmed again.
    """
    confirmation = compose(order)
    records.begin(confirmation, key)
    if why := _obstacle(order, key):
        # At once and not with *done*: a cancellation would wait for this confirmation until then.
        records.skipped(key, why)
        return None
    return send(confirmation, key, mail)


def _obstacle(order: OrderConfirmed, key: str) -> str:
    others = Message.objects.filter(order_number=order.number, original=None).exclude(key=key)
    mailed = set(others.values_list("kind", "state"))
    if any(kind in (Kind.CANCELLATION, Kind.REJECTION) for kind, _state in mailed):
        return "A mail of its cancellation was begun before."
    if (Kind.ORDER_CONFIRMATION, State.SENT) in mailed:
        return "The confirmation was mailed already."
    return ""


def send_cancellation(order: OrderCancelled, key: str, mail: EmailConnection) -> AfterDone:
    """Mail that the order is cancelled or rejected, and why; never before its confirmation.

    Raises:
        TryLater: the confirmation is being sent.
    """
    cancellation = compose(order)
    records.begin(cancellation, key)
    under_way = Message.objects.filter(
        order_number=order.number,
        kind=Kind.ORDER_CONFIRMATION,
        state=State.SENDING,
        begun_at__gt=timezone.now() - LONGEST_SEND,
    )
    if under_way.exists():
        wait = TryLater("The order's confirmation is being sent.", timedelta(seconds=10))
        records.failed(key, wait)
        raise wait
    return send(cancellation, key, mail)


def send_invoice(invoice: InvoiceIssued, key: str, mail: EmailConnection) -> AfterDone:
    """Mail the invoice or credit note with its PDF, which must have the SHA-256 of the event."""
    return _send_begun(invoice, key, mail)


def send_dispatch_notice(
    shipment: ShipmentDispatched, key: str, mail: EmailConnection
) -> AfterDone:
    """Mail that the goods have left, with carrier and tracking number."""
    return _send_begun(shipment, key, mail)


def _send_begun(
    event: InvoiceIssued | ShipmentDispatched, key: str, mail: EmailConnection
) -> AfterDone:
    notice = compose(event)
    records.begin(notice, key)
    return send(notice, key, mail)
