"""What staff look at."""

from dataclasses import replace

from notifications.events import event_of
from notifications.messages import Mail, compose
from notifications.models import Message
from shop import links


def mail_of(message: Message) -> Mail:
    """The mail as it would go out today, but for the customer's link, which is not for staff.

    Raises:
        CustomerErased: see `events.event_of`.
    """
    return replace(compose(event_of(message)), context={"order_page": links.page_of("...")})
