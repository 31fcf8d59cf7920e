"""What notifications does: write to the customer, and write again when staff ask."""

from notifications.services.handlers import (
    send_cancellation,
    send_dispatch_notice,
    send_invoice,
    send_order_confirmation,
)
from notifications.services.resending import AlreadyAsked, ask_again, resend_message
from notifications.services.sending import mail_connection

__all__ = [
    "AlreadyAsked",
    "ask_again",
    "mail_connection",
    "resend_message",
    "send_cancellation",
    "send_dispatch_notice",
    "send_invoice",
    "send_order_confirmation",
]
