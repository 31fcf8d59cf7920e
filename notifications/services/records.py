"""Writing the record of a mail."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import Error, connection
from django.utils import timezone

from bus import Ambiguous, TryLater
from notifications.messages import Mail
from notifications.models import Message, State
from shop.documents import DocumentAltered, DocumentUnavailable
from shop.mail.errors import MailDeferred, MailRefused
from shop.mail.identity import message_id

OUTCOMES: dict[type[Exception], State] = {
    Ambiguous: State.UNCLEAR,
    TryLater: State.DELAYED,
    MailDeferred: State.DELAYED,
    DocumentUnavailable: State.DELAYED,
    DocumentAltered: State.REFUSED,
    MailRefused: State.REFUSED,
}
"""The mail's state after an error. Only these errors' texts are free of personal data."""

BEGIN = """
    INSERT INTO notifications_message (
        key, kind, order_number, order_id, about, "to", subject, message_id, attachments,
        state, begun_at, note, original_id, asked_by, asked_at
    ) VALUES (
        %(key)s, %(kind)s, %(order_number)s, %(order_id)s, %(about)s, %(to)s, %(subject)s,
        %(message_id)s, %(attachments)s, 'sending', %(begun_at)s, '', %(original)s, %(asked_by)s,
        %(asked_at)s
    ) ON CONFLICT (key) DO UPDATE SET
        state = 'sending', begun_at = excluded.begun_at, sent_at = NULL, note = '',
        "to" = excluded."to"
"""
"""For the first try and for later ones."""

SENT = """
    UPDATE notifications_message SET state = 'sent', sent_at = %(sent_at)s, note = ''
    WHERE key = %(key)s
"""


def begin(
    mail: Mail,
    key: str,
    original: Message | None = None,
    asked_by: str = "",
    asked_at: datetime | None = None,
) -> None:
    """Record that the mail is about to be sent; must be committed before it is sent."""
    _write(
        BEGIN,
        key=key,
        kind=mail.kind,
        order_number=mail.event.number,
        order_id=mail.event.order_id,
        about=mail.event.key,
        to=mail.customer.email,
        subject=mail.subject[:255],
        message_id=message_id(key),
        attachments=[mail.document.storage_name] if mail.document else [],
        begun_at=timezone.now(),
        original=original and original.pk,
        asked_by=asked_by,
        asked_at=asked_at,
    )


def sent(key: str) -> None:
    """Runs in the transaction that commits *done*."""
    _write(SENT, key=key, sent_at=timezone.now())


def _write(statement: str, **values: Any) -> None:
    # SQL, since every mail runs it twice: the ORM takes longer to build the statement than the
    # database to run it.
    fields: dict[str, Any] = {name: Message._meta.get_field(name) for name in values}
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                name: field.get_db_prep_save(values[name], connection)
                for name, field in fields.items()
            },
        )


def skipped(key: str, why: str) -> None:
    Message.objects.filter(key=key).update(state=State.SKIPPED, note=why)


def failed(key: str, error: Exception) -> None:
    """Record the error for staff. Raises nothing, so that the ledger gets the error itself."""
    expected = type(error) in OUTCOMES
    note = str(error) if expected else f"The mail was not written: {type(error).__name__}."
    with suppress(Error):
        Message.objects.filter(key=key, state=State.SENDING).update(
            state=OUTCOMES.get(type(error), State.REFUSED), note=note[:500]
        )
