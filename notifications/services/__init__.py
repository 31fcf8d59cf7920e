"""The services of notifications: send the mail of an event, and send one again for staff."""

from notifications.services.forget import forget_recipient
from notifications.services.resend import (
    AlreadyRequested,
    NotResendable,
    request_resend,
    resend_message,
)
from notifications.services.send import (
    send_cancellation,
    send_dispatch_notice,
    send_invoice,
    send_order_confirmation,
)
from notifications.services.transport import mail_connection

__all__ = [
    "AlreadyRequested",
    "NotResendable",
    "forget_recipient",
    "mail_connection",
    "request_resend",
    "resend_message",
    "send_cancellation",
    "send_dispatch_notice",
    "send_invoice",
    "send_order_confirmation",
]
