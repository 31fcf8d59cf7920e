"""Signing what we send."""

import pytest

from shop.signing import BadSecret, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""Both of the example that the standard's own libraries are tested with."""


def signature(*secrets: str) -> str:
    key, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    return signed_headers(key, 1614265330, body, *secrets)["webhook-signature"]


def test_signature_matches_standard_webhooks() -> None:
    assert signature(SECRET) == SIGNATURE


def test_each_secret_has_a_signature() -> None:
    first, second = signature(SECRET, "another").split()

    assert first == SIGNATURE
    assert second == signature("another") != SIGNATURE


def test_secret_without_base64_is_refused() -> None:
    with pytest.raises(BadSecret, match="copy it again"):
        signed_headers("key", 1, b"", "whsec_!")
