"""Mails as the admin shows them."""

from dataclasses import replace

from notifications.events import event_of
from notifications.messages import Mail, compose
from notifications.models import Message
from shop import links


def mail_of(message: Message) -> Mail:
    """The mail as it would be sent today, without the customer's link, which staff must not see.

    Raises:
        CustomerErased: see `events.event_of`.
    """
    mail = compose(event_of(message))
    return replace(mail, context=mail.context | {"order_page": links.page_of("...")})
