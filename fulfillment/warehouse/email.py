"""A warehouse without a system: staff get an e-mail and use the packing board."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse

from bus import Ambiguous
from fulfillment.models import Shipment
from fulfillment.warehouse.protocol import WarehouseRefused, WarehouseUnavailable
from shop.mail.address import rewritten
from shop.mail.errors import MailDeferred, MailRefused
from shop.mail.identity import message_id, sender


@contextmanager
def mail_warehouse() -> Iterator["MailWarehouse"]:
    """The staff at WAREHOUSE_EMAIL, with one mail connection."""
    connection = get_connection()
    try:
        yield MailWarehouse(connection)
    finally:
        connection.close()


class MailWarehouse:
    """See `Warehouse`. A repeated mail has the same Message-ID and does no harm."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def release(self, shipment: Shipment, at: datetime, key: str) -> None:
        self._send(f"Please pack {shipment.number}", "release", shipment, at, key)

    def recall(self, shipment: Shipment, at: datetime, key: str) -> None:
        self._send(f"Do not send {shipment.number}", "recall", shipment, at, key)

    def _send(self, subject: str, text: str, shipment: Shipment, at: datetime, key: str) -> None:
        if not settings.WAREHOUSE_EMAIL:
            return  # no mail is wanted; the packing board shows the shipment
        board = settings.SITE_URL + reverse("admin:fulfillment_packingboard_changelist")
        body = render_to_string(
            f"fulfillment/mail/{text}.txt", {"shipment": shipment, "at": at, "board": board}
        )
        message = EmailMessage(
            subject,
            body,
            from_email=sender(),
            to=[rewritten(mailbox) for mailbox in settings.WAREHOUSE_EMAIL],
            headers={"Message-ID": message_id(key), "Auto-Submitted": "auto-generated"},
            connection=self._connection,
        )
        try:
            # Without this each message would open and close its own connection.
            self._connection.open()
            message.send()
        except (MailDeferred, Ambiguous) as error:
            # An ambiguous send is repeated too: a second mail does no harm.
            raise WarehouseUnavailable(str(error)) from error
        except MailRefused as error:
            raise WarehouseRefused(
                f"{error} Check EMAIL_URL, WAREHOUSE_EMAIL and DEFAULT_FROM_EMAIL."
            ) from error
