"""The customer's link to an order: who has it may see the order, its documents, and cancel it.

Its token is told to the customer alone, in answers and mails. It is derived with the shop's key,
so that a mail can be drawn again, and follows from no identifier without that key. The database
holds its hash only: no dump, event, log or payload opens an order.
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
    """The order's token. The oldest key that the shop still has derives it.

    So links in later mails work on while SECRET_KEY is being replaced; links that were handed out
    before are known by their hash, whatever the key is today.
    """
    key = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS][-1]
    digest = hmac.digest(key.encode(), PURPOSE + order_id.bytes, "sha256")
    return urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


def hash_of(token: str) -> str:
    """What is stored of a token, and what it is found by: SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def page_of(token: str) -> str:
    """The full address of the customer's page."""
    return f"{settings.SITE_URL}/orders/{token}/"


def masked(text: str) -> str:
    """The text, without tokens in the paths that it names."""
    return IN_A_PATH.sub("[link]", text)
