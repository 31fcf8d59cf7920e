"""The sender and the Message-ID of the shop's mails."""

from email.utils import parseaddr

from django.conf import settings

from shop.mail.address import rewritten, wire


def sender() -> str:
    """DEFAULT_FROM_EMAIL as a header."""
    return rewritten(settings.DEFAULT_FROM_EMAIL)


def message_id(key: str) -> str:
    """The Message-ID of a delivery's mail, the same for every try, so that copies are detected."""
    domain = wire(parseaddr(settings.DEFAULT_FROM_EMAIL)[1]).rpartition("@")[2]
    return f"<{key}@{domain}>"
