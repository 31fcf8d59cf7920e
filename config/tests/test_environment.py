"""Settings are typed, and a wrong one is named."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment

env = Environment()


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")

    assert env.int("PORT", default=8000) == 8000


def test_a_value_that_begins_with_a_dollar_is_taken_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_KEY", "$2b$12$")

    assert env.str("SECRET_KEY", default="") == "$2b$12$"


def test_a_port_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "abc")

    with pytest.raises(ImproperlyConfigured, match="PORT is 'abc'; set it to a whole number"):
        env.int("PORT", default=8000)


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("On", True), ("0", False), ("no", False)]
)
def test_a_switch_is_read(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("DEBUG", text)

    assert env.bool("DEBUG", default=not value) is value


def test_a_switch_that_is_neither_on_nor_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "maybe")

    with pytest.raises(ImproperlyConfigured, match="DEBUG is 'maybe'; set it to 1 or 0"):
        env.bool("DEBUG", default=False)


@pytest.mark.parametrize("url", ["garbage", "postgres://u:secret@host:xx/shop", "postgres://[::1"])
def test_a_database_url_that_cannot_be_read_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)

    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL cannot be read") as refusal:
        env.db_url("DATABASE_URL", default="sqlite:///:memory:")

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("url", ["mail.example.com", "pigeon://coop"])
def test_an_email_url_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)

    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL cannot be read"):
        env.email_url("EMAIL_URL")
