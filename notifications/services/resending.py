"""Sending a mail once more because staff ask for it."""

from django.core.mail.backends.base import BaseEmailBackend as EmailConnection
from django.db import transaction
from django.utils import timezone

from bus import AfterDone, publish
from bus.publishing import AlreadyStated
from notifications.facts import fact_of
from notifications.mails import compose
from notifications.models import Message
from notifications.services import recording
from notifications.services.sending import send
from shop.events import MailResendRequested


class AlreadyAsked(Exception):
    """The mail will be sent again already; that has not begun yet."""


def ask_again(message: Message, by: str) -> None:
    """State that `by`, a member of staff, wants this mail sent once more. A worker sends it.

    Raises:
        AlreadyAsked: an earlier wish for the same mail waits still (a double click, for example).
    """
    first = message.original or message
    try:
        with transaction.atomic():
            publish(
                MailResendRequested(
                    number=first.order_number,
                    order_id=first.order_id,
                    at=timezone.now(),
                    mail=first.key,
                    repeat=first.repeats.count() + 1,
                    by=by,
                )
            )
    except AlreadyStated as error:
        raise AlreadyAsked(
            f"The {first.kind} of {first.order_number} is about to be sent again already."
        ) from error


def resend_message(request: MailResendRequested, key: str, mail: EmailConnection) -> AfterDone:
    """Send it as a mail of its own: own record, own Message-ID, today's wording and settings.

    Raises:
        CustomerErased: nobody is left to write to.
    """
    first = Message.objects.get(key=request.mail)
    again = compose(fact_of(first))
    recording.begin(again, key, original=first, asked_by=request.by, asked_at=request.at)
    return send(again, key, mail)
