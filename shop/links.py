"""The customer's link to an order. Its token is the right to see the order and to cancel it.

Only the customer gets the token, in responses and mails. It is derived from the order's public id
with the shop's key, so that a mail can be rendered again, and cannot be computed without the key.
The database holds only its hash: no dump, event, log or payload contains it.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from uuid import UUID

from django.conf import settings

PURPOSE = b"shop.links.order"
TOKEN_BYTES = 24
"""192 bits; 32 characters of the URL-safe alphabet."""

IN_A_PATH = re.compile(
    r"(?<=/orders/)[^/\s?#\"'<>]{16,}|(?<=/)[A-Za-z0-9_-]{32}(?![A-Za-z0-9_-])", re.IGNORECASE
)


def token_of(order_id: UUID) -> str:
    """The order's token, derived with the oldest key in SECRET_KEY_FALLBACKS, else SECRET_KEY.

    So links in later mails stay the same while SECRET_KEY is rotated; links sent before are found
    by their hash, whatever the key is.
    """
    key = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS][-1]
    digest = hmac.digest(key.encode(), PURPOSE + order_id.bytes, "sha256")
    return urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


def hash_of(token: str) -> str:
    """The stored hash of a token: SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def page_of(token: str) -> str:
    """The absolute URL of the customer's page."""
    return f"{settings.SITE_URL}/orders/{token}/"


def masked(text: str) -> str:
    """The text with the tokens in its paths replaced."""
    return IN_A_PATH.sub("[link]", text)
