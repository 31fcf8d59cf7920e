"""Who the shop's mails are from, and what each is known by."""

from email.utils import parseaddr

from django.conf import settings

from shop.mail.address import rewritten, wire


def sender() -> str:
    """DEFAULT_FROM_EMAIL as a header."""
    return rewritten(settings.DEFAULT_FROM_EMAIL)


def message_id(key: str) -> str:
    """The same for every try of a delivery, so that two copies can be told as one mail."""
    domain = wire(parseaddr(settings.DEFAULT_FROM_EMAIL)[1]).rpartition("@")[2]
    return f"<{key}@{domain}>"
