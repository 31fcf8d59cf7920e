"""Settings are typed, and an invalid one is refused by name."""

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.database import LARGEST_PORT
from config.environment import Environment


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    # A dict, because the process's own environment takes no NUL.
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return Environment(tmp_path)


def written(folder: Path, text: str) -> Path:
    file = folder / "settings.env"
    file.write_text(text)
    return file


def test_empty_variable_counts_as_not_set(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "PORT", " ")

    assert env.int("PORT", default=8000, least=1, most=LARGEST_PORT) == 8000


def test_value_beginning_with_dollar_is_kept(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "SECRET_KEY", "$2b$12$")

    assert env.secret("SECRET_KEY") == "$2b$12$"


@pytest.mark.parametrize("text", ["abc", "70000", "0", "-1", "8000.0", "٨٠", "1e3", "9" * 99])
def test_bad_port_is_refused_with_its_limits(
    env: Environment, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setitem(os.environ, "PORT", text)

    with pytest.raises(ImproperlyConfigured, match=f"PORT is '{text}'; .* from 1 to 65535"):
        env.int("PORT", default=8000, least=1, most=LARGEST_PORT)


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("On", True), ("0", False), ("no", False)]
)
def test_switch_is_parsed(
    env: Environment, monkeypatch: pytest.MonkeyPatch, text: str, value: bool
) -> None:
    monkeypatch.setitem(os.environ, "DEBUG", text)

    assert env.bool("DEBUG", default=not value) is value


def test_switch_that_is_neither_on_nor_off_is_refused(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "DEBUG", "maybe")

    with pytest.raises(ImproperlyConfigured, match="DEBUG is 'maybe'; set it to 1 or 0"):
        env.bool("DEBUG", default=False)


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\x1bb", "a\udcffb", "a\u2028b"])
def test_value_with_invisible_character_is_refused_and_not_repeated(
    env: Environment, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setitem(os.environ, "SHOP_NAME", text)

    with pytest.raises(ImproperlyConfigured, match="SHOP_NAME holds a line break or") as refusal:
        env.str("SHOP_NAME")

    assert text not in str(refusal.value)


def test_quotes_around_a_value_are_refused(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "SHOP_NAME", '"My shop"')

    with pytest.raises(ImproperlyConfigured, match=r"SHOP_NAME is .*quotes"):
        env.str("SHOP_NAME")


def test_empty_sample_is_not_a_sample(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "SELLER_IBAN", "")

    assert env.sample("SELLER_IBAN", "DE02", may_be_empty=True) == ""
    assert env.samples == []


@pytest.mark.parametrize("text", ["", "The Shop GmbH"])
def test_unreplaced_sample_is_recorded(
    env: Environment, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setitem(os.environ, "SELLER_NAME", text)

    assert env.sample("SELLER_NAME", "The Shop GmbH") == "The Shop GmbH"
    assert env.samples == ["SELLER_NAME"]


def test_file_is_read_as_compose_reads_it(env: Environment, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "\ufeff# a comment\n ONE = plain # a comment\nexport TWO='a # b $c'\nTHREE=/tmp/C#\n"
        'FOUR="say \\"x\\""\nFIVE=\n',
    )

    env.read_file(file)

    assert env.others() == {
        "ONE": "plain", "TWO": "a # b $c", "THREE": "/tmp/C#", "FOUR": 'say "x"', "FIVE": "",
    }  # fmt: skip


def test_environment_takes_precedence_over_file(
    env: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(os.environ, "PORT", "9000")

    env.read_file(written(tmp_path, "PORT=8001\n"))

    assert env.str("PORT") == "9000"


def test_reading_the_file_does_not_change_the_environment(env: Environment, tmp_path: Path) -> None:
    before = dict(os.environ)

    env.read_file(written(tmp_path, "SHOP_NAME=Mine\nSSL_CERT_FILE=/etc/bundle.pem\n"))

    assert env.str("SHOP_NAME") == "Mine"
    assert env.others() == {"SSL_CERT_FILE": "/etc/bundle.pem"}
    assert dict(os.environ) == before


@pytest.mark.parametrize("line", ["PORT", "secret key = x", "SECRET_KEY='s3cret"])
def test_unreadable_line_is_reported_by_number_only(
    env: Environment, tmp_path: Path, line: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"Line 2 of .* cannot be read") as refusal:
        env.read_file(written(tmp_path, f"DEBUG=1\n{line}\n"))

    assert "s3cret" not in str(refusal.value)


def test_missing_file_named_by_env_file_is_refused(env: Environment, tmp_path: Path) -> None:
    env.read_file(tmp_path / ".env")

    with pytest.raises(ImproperlyConfigured, match=r"ENV_FILE .*prod\.env cannot be read"):
        env.read_file(tmp_path / "prod.env", named_by="ENV_FILE")


def test_misspelled_name_in_file_is_refused(env: Environment, tmp_path: Path) -> None:
    env.read_file(written(tmp_path, "SELER_NAME=Me\nCOMPOSE_PROJECT_NAME=shop\n"))
    env.str("SELLER_NAME")

    with pytest.raises(ImproperlyConfigured, match=r"SELER_NAME is no setting.* SELLER_NAME"):
        env.refuse_misspelled()


def test_relative_path_starts_at_the_project(
    env: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir("/")
    monkeypatch.setitem(os.environ, "VAR_DIR", "C#+ %20")

    assert env.path("VAR_DIR", default="var") == tmp_path / "C#+ %20"
