"""Signatures by Standard Webhooks 1.0 (standardwebhooks.com)."""

import base64
import binascii
import hmac

PREFIX = "whsec_"


class BadSecret(ValueError):
    """The text after `whsec_` is not base64."""


def signed_headers(key: str, timestamp: int, body: bytes, *secrets: str) -> dict[str, str]:
    """The three headers of the standard: HMAC-SHA256 over key, timestamp and body.

    `timestamp` is that of the try, in seconds since 1970, so that the receiver can refuse replayed
    messages; `key` is the same at every try. Each secret has a signature, so that a receiver that
    has not changed its secret yet finds the one that it can check.

    Raises:
        BadSecret: a secret is not valid.
    """
    content = b".".join((key.encode(), str(timestamp).encode(), body))
    return {
        "webhook-id": key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_signature(secret, content)}" for secret in secrets),
    }


def _signature(secret: str, content: bytes) -> str:
    return base64.b64encode(hmac.digest(_bytes(secret), content, "sha256")).decode()


def _bytes(secret: str) -> bytes:
    """The secret's bytes: base64 after `whsec_` as in the standard, else the text itself."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise BadSecret("A secret must be base64 after whsec_; copy it again.") from error
