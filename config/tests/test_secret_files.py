"""A secret may be in a file of its own, as Docker and Kubernetes mount them."""

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return Environment(tmp_path)


@pytest.mark.parametrize("content", ["pa'ss $1", "pa'ss $1\n", "pa'ss $1\r\n"])
def test_secret_is_read_from_its_file_without_the_line_break_that_ends_it(
    env: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    (tmp_path / "password").write_text(content, newline="")
    monkeypatch.setitem(os.environ, "DATABASE_PASSWORD_FILE", "password")

    assert env.secret("DATABASE_PASSWORD") == "pa'ss $1"
    assert env.secrets == {"DATABASE_PASSWORD"}


def test_secrets_file_may_be_named_in_the_settings_file(env: Environment, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("the newer, the older\n")

    settings = tmp_path / "settings.env"
    settings.write_text(f"SECRET_KEY_FALLBACKS_FILE={tmp_path}/keys\n")

    env.read_file(settings)

    assert env.secrets_list("SECRET_KEY_FALLBACKS") == ["the newer", "the older"]
    env.refuse_misspelled()
    assert env.others() == {}


def test_secret_in_variable_and_file_is_refused(
    env: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("s3cret of the file")
    monkeypatch.setitem(os.environ, "SECRET_KEY", "s3cret of the variable")
    monkeypatch.setitem(os.environ, "SECRET_KEY_FILE", str(tmp_path / "key"))

    with pytest.raises(ImproperlyConfigured) as refusal:
        env.secret("SECRET_KEY")

    assert str(refusal.value) == "SECRET_KEY and SECRET_KEY_FILE are both set; set one of them."


def test_empty_file_of_a_secret_counts_as_not_set(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "SECRET_KEY", "of the variable")
    monkeypatch.setitem(os.environ, "SECRET_KEY_FILE", os.devnull)
    monkeypatch.setitem(os.environ, "WAREHOUSE_SECRET_FILE", os.devnull)

    assert env.secret("SECRET_KEY") == "of the variable"
    assert env.secret("WAREHOUSE_SECRET") == ""


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file or directory"), (b"\xff", "it is not UTF-8")]
)
def test_unreadable_file_of_a_secret_is_refused_with_the_way_out(
    env: Environment,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: bytes | None,
    reason: str,
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setitem(os.environ, "SECRET_KEY_FILE", str(file))

    with pytest.raises(ImproperlyConfigured) as refusal:
        env.secret("SECRET_KEY")

    assert str(refusal.value) == (
        f"SECRET_KEY_FILE {file} cannot be read ({reason}); name a file with the value alone, "
        "or set SECRET_KEY."
    )


def test_file_of_a_secret_with_several_lines_is_refused_and_not_repeated(
    env: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("s3cret\nanother\n")
    monkeypatch.setitem(os.environ, "SECRET_KEY_FILE", str(tmp_path / "key"))

    with pytest.raises(
        ImproperlyConfigured, match="file of SECRET_KEY_FILE holds a line break"
    ) as refusal:
        env.secret("SECRET_KEY")

    assert "s3cret" not in str(refusal.value)
