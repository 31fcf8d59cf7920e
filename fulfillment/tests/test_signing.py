"""Signing what we send."""

import pytest

from fulfillment.warehouse.signing import BadSecret, signed_headers


def test_signature_matches_standard_webhooks() -> None:
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )

    # The example that the standard's own libraries are tested with.
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secret_without_base64_is_refused() -> None:
    with pytest.raises(BadSecret, match="copy it again"):
        signed_headers("whsec_!", "key", 1, b"")
