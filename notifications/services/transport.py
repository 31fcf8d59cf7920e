"""Sending mails to the mail server."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend as EmailConnection

from bus import AfterDone
from notifications.messages import Mail
from notifications.mime import letter
from notifications.services import records
from shop.mail.errors import MailRefused


@contextmanager
def mail_connection() -> Iterator[EmailConnection]:
    """One connection for a batch of mails.

    Opened at once: if the server is down, one attempt to connect is made for the whole batch.
    """
    connection = get_connection(fail_silently=False)
    connection.open()
    try:
        yield connection
    finally:
        connection.close()


def send(mail: Mail, key: str, connection: EmailConnection) -> AfterDone:
    """Send a mail whose record was begun; the returned function records *sent*.

    Raises:
        MailDeferred, DocumentUnavailable: a later try may succeed.
        MailRefused, DocumentAltered: no later try will.
        Ambiguous: the mail server may or may not have accepted it.
    """
    try:
        _submit(letter(mail, key), connection)
    except Exception as error:
        records.failed(key, error)
        raise
    return partial(records.sent, key)


def _submit(email: EmailMessage, connection: EmailConnection) -> None:
    # An earlier error may have closed it, and `send_messages` would close what it opens itself.
    connection.open()
    try:
        accepted = connection.send_messages([email])
    except ValueError as error:
        # The text of BadHeaderError and others quotes personal data.
        raise MailRefused(f"The mail cannot be written: {type(error).__name__}.") from None
    if not accepted:
        raise MailRefused("The mail has no recipient.")
