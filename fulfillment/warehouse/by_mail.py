"""A warehouse of people: the packing board, and an e-mail that says something is on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse

from fulfillment.models import Shipment
from fulfillment.warehouse.contract import WarehouseRefused, WarehouseUnavailable


@contextmanager
def mail_warehouse() -> Iterator["MailWarehouse"]:
    """The people at WAREHOUSE_EMAIL, with one mail connection."""
    connection = get_connection()
    try:
        yield MailWarehouse(connection)
    finally:
        connection.close()


class MailWarehouse:
    """See `Warehouse`. A mail that is repeated has the same Message-ID; twice does no harm."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def release(self, shipment: Shipment, at: datetime, key: str) -> None:
        self._send(f"Please pack {shipment.number}", "release", shipment, at, key)

    def recall(self, shipment: Shipment, at: datetime, key: str) -> None:
        self._send(f"Do not send {shipment.number}", "recall", shipment, at, key)

    def _send(self, subject: str, text: str, shipment: Shipment, at: datetime, key: str) -> None:
        board = settings.SITE_URL + reverse("admin:fulfillment_packingboard_changelist")
        body = render_to_string(
            f"fulfillment/mail/{text}.txt", {"shipment": shipment, "at": at, "board": board}
        )
        message = EmailMessage(
            subject,
            body,
            to=[settings.WAREHOUSE_EMAIL],
            headers={"Message-ID": f"<{key}@{urlsplit(settings.SITE_URL).hostname}>"},
            connection=self._connection,
        )
        try:
            with _judged():
                # Without it every message would open and close a connection of its own.
                self._connection.open()
                message.send()
        except WarehouseUnavailable:
            # The connection may be dead; without one, the next message opens another.
            self._connection.close()
            raise


@contextmanager
def _judged() -> Iterator[None]:
    """Tell what passes from what does not. SMTP: 4yz is transient, 5yz is not (RFC 5321 4.2.1)."""
    try:
        yield
    except SMTPResponseException as error:
        raise _by_code(error.smtp_code) from error
    except SMTPRecipientsRefused as error:
        raise _by_code(max(code for code, _text in error.recipients.values())) from error
    except OSError as error:
        raise WarehouseUnavailable(f"No mail can be sent: {type(error).__name__}.") from error


def _by_code(code: int) -> Exception:
    if code < 500:
        return WarehouseUnavailable(f"The mail server answered {code}.")
    return WarehouseRefused(
        f"The mail server answered {code}: check EMAIL_URL, WAREHOUSE_EMAIL, DEFAULT_FROM_EMAIL."
    )
