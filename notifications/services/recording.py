"""Keeping the record of a mail beside its delivery."""

from contextlib import suppress
from datetime import datetime

from django.db import DatabaseError
from django.utils import timezone

from bus import Ambiguous, TryLater
from notifications.letters import DocumentAltered, DocumentUnavailable
from notifications.mails import Mail
from notifications.models import Message, State
from shop.mail import MailDeferred, MailRefused, message_id

OUTCOMES: dict[type[Exception], State] = {
    Ambiguous: State.UNCLEAR,
    TryLater: State.DELAYED,
    MailDeferred: State.DELAYED,
    DocumentUnavailable: State.DELAYED,
    DocumentAltered: State.REFUSED,
    MailRefused: State.REFUSED,
}
"""What an error means for the mail. Their texts name no person; those of others might."""

CHANGES_AT_EACH_TRY = ["state", "begun_at", "sent_at", "note", "to"]


def begin(
    mail: Mail,
    key: str,
    original: Message | None = None,
    asked_by: str = "",
    asked_at: datetime | None = None,
) -> None:
    """Write down that the mail is about to be sent; committed before anything leaves the house."""
    message = Message(
        key=key,
        kind=mail.kind,
        order_number=mail.fact.number,
        order_id=mail.fact.order_id,
        about=mail.fact.key,
        to=mail.customer.email,
        subject=mail.subject[:255],
        message_id=message_id(key),
        attachments=[mail.document.storage_name] if mail.document else [],
        state=State.SENDING,
        begun_at=timezone.now(),
        original=original,
        asked_by=asked_by,
        asked_at=asked_at,
    )
    # One statement, whether it is the first try or a later one.
    Message.objects.bulk_create(
        [message], update_conflicts=True, unique_fields=["key"], update_fields=CHANGES_AT_EACH_TRY
    )


def sent(key: str) -> None:
    """Runs in the transaction that commits *done*."""
    Message.objects.filter(key=key).update(state=State.SENT, sent_at=timezone.now(), note="")


def skipped(key: str, why: str) -> None:
    Message.objects.filter(key=key).update(state=State.SKIPPED, note=why)


def failed(key: str, error: Exception) -> None:
    """A note for staff. It must not hide the error itself, which the ledger decides by."""
    known = type(error) in OUTCOMES
    note = str(error) if known else f"It could not be written: {type(error).__name__}."
    with suppress(DatabaseError):
        Message.objects.filter(key=key, state=State.SENDING).update(
            state=OUTCOMES.get(type(error), State.REFUSED), note=note[:500]
        )
