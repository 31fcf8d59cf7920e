"""Handing mails to the relay."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend as EmailConnection

from bus import AfterDone
from notifications.messages import Mail
from notifications.mime import letter
from notifications.services import records
from shop.mail import MailRefused


@contextmanager
def mail_connection() -> Iterator[EmailConnection]:
    """One connection for a whole batch of mails.

    It is opened at once, so that a relay that is down costs the batch one try and not one each.
    """
    connection = get_connection(fail_silently=False)
    connection.open()
    try:
        yield connection
    finally:
        connection.close()


def send(mail: Mail, key: str, connection: EmailConnection) -> AfterDone:
    """Send a mail whose record was begun; its *sent* is committed with the delivery's *done*.

    Raises:
        MailDeferred, DocumentUnavailable: it may be taken later.
        MailRefused, DocumentAltered: it never will be, as it is.
        Ambiguous: nobody can tell whether it was taken.
    """
    try:
        _hand_over(letter(mail, key), connection)
    except Exception as error:
        records.failed(key, error)
        raise
    return partial(records.sent, key)


def _hand_over(email: EmailMessage, connection: EmailConnection) -> None:
    # An error has closed it; and `send_messages` closes what it had to open itself.
    connection.open()
    try:
        taken = connection.send_messages([email])
    except ValueError as error:
        # BadHeaderError and its like quote the address or the name they stumble over.
        raise MailRefused(f"The mail cannot be written: {type(error).__name__}.") from None
    if not taken:
        raise MailRefused("The mail has no recipient.")
