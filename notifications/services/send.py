"""What is mailed when something happens in the shop."""

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
"""A mail begun longer ago is not being sent any more: its worker's time limit has passed."""


def send_order_confirmation(
    order: OrderConfirmed, key: str, mail: EmailConnection
) -> AfterDone | None:
    """Confirm the order, unless the customer was or is being told that it is cancelled.

    Each of the two mails first commits that it begins and then looks for the other, so at least
    one of them sees the other: the confirmation then stays behind, or the cancellation waits.
    An order that an earlier release confirmed when it was placed is not confirmed once more.
    """
    confirmation = compose(order)
    records.begin(confirmation, key)
    if why := _told_already(order, key):
        # At once and not with *done*, or a cancellation that looks now would wait for it.
        records.skipped(key, why)
        return None
    return send(confirmation, key, mail)


def _told_already(order: OrderConfirmed, key: str) -> str:
    others = Message.objects.filter(order_number=order.number, original=None).exclude(key=key)
    told = set(others.values_list("kind", "state"))
    if any(kind in (Kind.CANCELLATION, Kind.REJECTION) for kind, _state in told):
        return "The cancellation was mailed already."
    if (Kind.ORDER_CONFIRMATION, State.SENT) in told:
        return "The confirmation was mailed already."
    return ""


def send_cancellation(order: OrderCancelled, key: str, mail: EmailConnection) -> AfterDone:
    """Tell the customer that the order is cancelled or rejected, and why.

    Never overtaken by a confirmation.

    Raises:
        TryLater: the confirmation is being sent at this moment.
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
    """Send the invoice or credit note, its PDF attached, once it hashes to what was issued."""
    return _send_begun(invoice, key, mail)


def send_dispatch_notice(
    shipment: ShipmentDispatched, key: str, mail: EmailConnection
) -> AfterDone:
    """Tell the customer that the goods have left, and how to follow them."""
    return _send_begun(shipment, key, mail)


def _send_begun(
    event: InvoiceIssued | ShipmentDispatched, key: str, mail: EmailConnection
) -> AfterDone:
    told = compose(event)
    records.begin(told, key)
    return send(told, key, mail)
