"""What staff look at."""

from notifications.facts import fact_of
from notifications.mails import Mail, compose
from notifications.models import Message


def mail_of(message: Message) -> Mail:
    """The mail as it would go out today.

    Raises:
        CustomerErased: see `facts.fact_of`.
    """
    return compose(fact_of(message))
