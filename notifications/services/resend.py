"""Sending a mail again at the request of staff."""

from datetime import timedelta

from django.core.mail.backends.base import BaseEmailBackend as EmailConnection
from django.db import transaction
from django.utils import timezone

from bus import AfterDone, publish
from bus.publishing import AlreadyPublished
from notifications.events import event_of
from notifications.messages import compose
from notifications.models import Message
from notifications.services import records
from notifications.services.transport import send
from shop.events import MailResendRequested


class NotResendable(Exception):
    """The mail is not sent again; the message says why."""


class AlreadyRequested(NotResendable):
    """An earlier request for this mail is still waiting."""


class RequestedTooOften(NotResendable):
    """This mail was sent again `MOST_AN_HOUR` times within the last hour."""


MOST_AN_HOUR = 5


def request_resend(message: Message, by: str) -> None:
    """Publish that `by`, a user name, wants this mail sent again; a worker sends it.

    Raises:
        NotResendable: the customer was forgotten.
        AlreadyRequested: an earlier request is still waiting, as after a double click.
        RequestedTooOften: this message was resent MOST_AN_HOUR times within the last hour.
    """
    first = message.original or message
    if not first.to:
        raise NotResendable(f"The customer of {first.order_number} was forgotten.")
    lately = timezone.now() - timedelta(hours=1)
    if first.repeats.filter(asked_at__gt=lately).count() >= MOST_AN_HOUR:
        raise RequestedTooOften(
            f"The {first.kind} of {first.order_number} was sent again {MOST_AN_HOUR} times within "
            "an hour; try again later."
        )
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
    except AlreadyPublished as error:
        raise AlreadyRequested(
            f"The {first.kind} of {first.order_number} is already waiting to be sent again."
        ) from error


def resend_message(request: MailResendRequested, key: str, mail: EmailConnection) -> AfterDone:
    """Send it as a new mail: its own record and Message-ID, today's templates and settings.

    Raises:
        CustomerErased: the customer's personal data was erased.
    """
    first = Message.objects.get(key=request.mail)
    again = compose(event_of(first))
    records.begin(again, key, original=first, asked_by=request.by, asked_at=request.at)
    return send(again, key, mail)
