"""Signing what we send, as Standard Webhooks 1.0 says (standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"


class BadSecret(ValueError):
    """WAREHOUSE_SECRET cannot be used."""


def signed_headers(secret: str, key: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of the standard: HMAC-SHA256 over key, timestamp and body.

    `timestamp` is that of the try, in seconds since 1970, so that the other side can refuse an
    old message that somebody plays back; `key` is the same at every try.

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
    """The secret's bytes: base64 after `whsec_` as in the standard, or any other text as it is.

    Raises:
        BadSecret: what follows `whsec_` is not base64.
    """
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise BadSecret("WAREHOUSE_SECRET must be base64 after whsec_; copy it anew.") from error
