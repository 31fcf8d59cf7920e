"""Signatures by Standard Webhooks 1.0 (standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"


class BadSecret(ValueError):
    """WAREHOUSE_SECRET is not valid."""


def signed_headers(secret: str, key: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of the standard: HMAC-SHA256 over key, timestamp and body.

    `timestamp` is that of the try, in seconds since 1970, so that the receiver can refuse replayed
    messages; `key` is the same at every try.

    Raises:
        BadSecret: see `_bytes`.
    """
    content = b".".join((key.encode(), str(timestamp).encode(), body))
    digest = hmac.new(_bytes(secret), content, hashlib.sha256).digest()
    return {
        "webhook-id": key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _bytes(secret: str) -> bytes:
    """The secret's bytes: base64 after `whsec_` as in the standard, else the text itself.

    Raises:
        BadSecret: the text after `whsec_` is not base64.
    """
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise BadSecret("WAREHOUSE_SECRET must be base64 after whsec_; copy it again.") from error
