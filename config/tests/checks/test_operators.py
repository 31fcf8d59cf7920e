"""Whom alerts reach, and an address that reaches none."""

from typing import Any

import pytest

from config.checks.operators import check_operators


def test_operators_are_named_without_secret_of_webhook(settings: Any) -> None:
    settings.OPERATORS = ["ada@example.com"]
    settings.OPERATORS_WEBHOOK = "https://chat.example.com/hooks/s3cret"

    check = check_operators()

    assert not check.fails
    assert "ada@example.com, webhook at chat.example.com" in str(check)
    assert "s3cret" not in str(check)


def test_shop_without_operators_starts() -> None:
    assert not check_operators().fails


@pytest.mark.parametrize("url", ["chat.example.com/x", "ftp://chat.example.com", "https://[::1"])
def test_webhook_that_is_no_web_address_is_refused(settings: Any, url: str) -> None:
    settings.OPERATORS_WEBHOOK = url

    check = check_operators()

    assert check.fails
    assert "OPERATORS_WEBHOOK" in str(check)
