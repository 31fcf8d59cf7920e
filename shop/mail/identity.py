"""What a mail is known by."""

from email.utils import parseaddr

from django.conf import settings


def message_id(key: str) -> str:
    """The same for every try of a delivery, so that two copies can be told as one mail."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{key}@{domain}>"
