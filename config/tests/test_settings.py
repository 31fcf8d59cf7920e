"""The settings follow from the environment."""

import socket
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from config.tests.reading import ROOT, refusal, settings_with


def test_debug_setting_takes_precedence_over_make(tmp_path: Path) -> None:
    (tmp_path / "prod.env").write_text("DEBUG=0\n")

    found = settings_with(ENV_FILE=str(tmp_path / "prod.env"), DEBUG_UNLESS_SET="1")

    assert found["DEBUG"] is False


@pytest.mark.parametrize("https", [True, False])
def test_cookies_are_secure_on_https(https: bool) -> None:
    site = "https://shop.example.com" if https else "http://localhost:8000"

    found = settings_with(SITE_URL=site)

    assert found.get("SESSION_COOKIE_SECURE", False) is https
    assert found.get("CSRF_COOKIE_SECURE", False) is https
    assert ("SECURE_PROXY_SSL_HEADER" in found) is https


def test_debug_is_off_by_default() -> None:
    assert settings_with()["DEBUG"] is False


def test_site_url_alone_is_enough() -> None:
    found = settings_with(SITE_URL="https://Straße.example:8443/")

    assert found["SITE_URL"] == "https://xn--strae-oqa.example:8443"
    assert found["CSRF_TRUSTED_ORIGINS"] == [found["SITE_URL"]]
    assert found["ALLOWED_HOSTS"] == ["xn--strae-oqa.example", "localhost", "127.0.0.1", "[::1]"]


def test_port_changes_the_default_site_url() -> None:
    assert settings_with(PORT="9001")["SITE_URL"] == "http://localhost:9001"


def test_loopback_is_always_an_allowed_host() -> None:
    found = settings_with(ALLOWED_HOSTS="a.example, .b.example", SITE_URL="https://c.example")

    assert found["ALLOWED_HOSTS"] == [
        "a.example", ".b.example", "c.example", "localhost", "127.0.0.1", "[::1]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("scheme", "tls", "ssl", "port"),
    [
        ("smtp", None, None, 25),
        ("smtp+tls", True, None, 587),
        ("smtps", None, True, 465),
        ("smtp+ssl", None, True, 465),
    ],
)
def test_scheme_of_email_url_chooses_tls(
    scheme: str, tls: bool | None, ssl: bool | None, port: int
) -> None:
    found = settings_with(EMAIL_URL=f"{scheme}://me%40x:p%2F%3A@mail.example.org")

    assert (found.get("EMAIL_USE_TLS"), found.get("EMAIL_USE_SSL")) == (tls, ssl)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.org", port)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@x", "p/:")
    assert found["EMAIL_BACKEND"] == "shop.mail.smtp.SmtpBackend"


def test_mail_goes_to_files_by_url_or_with_debug() -> None:
    for chosen in ({"EMAIL_URL": "files"}, {"EMAIL_URL": "", "DEBUG": "1"}):
        found = settings_with(VAR_DIR="/srv/shop", **chosen)

        assert found["EMAIL_BACKEND"] == "shop.mail.folder.FolderBackend"
        assert str(found["EMAIL_FILE_PATH"]) == "/srv/shop/mail"
        assert not refusal(**chosen)


def test_iban_may_be_left_out() -> None:
    none = dict.fromkeys(("SELLER_IBAN", "SELLER_VAT_ID", "SELLER_POSTAL_CODE"), "")

    seller = settings_with(**none)["SELLER"]

    assert [seller[key] for key in ("iban", "vat_id", "postal_code")] == ["", "", ""]
    assert not refusal(**none)


def test_paths_start_at_the_project_and_may_have_any_character(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir("/")

    odd, plain = settings_with(VAR_DIR="C#+ %20"), settings_with(DATABASE_URL="sqlite:///x.db")

    assert odd["DATABASES"]["default"]["NAME"] == f"{ROOT}/C#+ %20/shop.sqlite3"
    assert plain["DATABASES"]["default"]["NAME"] == f"{ROOT}/x.db"


def test_separate_password_needs_no_escaping() -> None:
    password = "p@:/?#%&+ ü"

    found = settings_with(
        DATABASE_HOST="db", DATABASE_PASSWORD=password, REDIS_HOST="cache", REDIS_PASSWORD=password
    )

    assert found["DATABASES"]["default"]["PASSWORD"] == password
    assert found["BUS_REDIS_URL"] == "redis://:p%40%3A%2F%3F%23%25%26%2B%20%C3%BC@cache:6379/0"


@pytest.mark.parametrize("also", [{}, {"REDIS_HOST": "cache"}], ids=["alone", "beside REDIS_HOST"])
def test_broker_can_be_none(also: dict[str, str]) -> None:
    found = settings_with(BROKER_URL="none", **also)

    assert (found["WITHOUT_BROKER"], found["REDIS_EMBEDDED"]) == (True, False)
    assert found["BUS_REDIS_URL"] == ""
    assert found["BUS_READ_FROM"]["BUS_REDIS_URL"] == "BROKER_URL"


def test_separate_password_completes_a_url() -> None:
    found = settings_with(
        DATABASE_URL="postgres://shop@db/shop", DATABASE_PASSWORD="p@",
        REDIS_URL="redis://cache/3", REDIS_PASSWORD="p@",
    )  # fmt: skip

    assert found["DATABASES"]["default"]["PASSWORD"] == "p@"
    assert found["BUS_REDIS_URL"] == "redis://:p%40@cache:6379/3"


def test_database_host_may_be_a_socket_folder() -> None:
    found = settings_with(DATABASE_URL="postgres://shop:p%40%2F@%2Frun%2FMy:5433/shop")

    assert found["DATABASES"]["default"].items() >= {
        "HOST": "/run/My", "PORT": 5433, "PASSWORD": "p@/", "USER": "shop", "NAME": "shop",
    }.items()  # fmt: skip


def test_pooled_connection_sets_no_session_options() -> None:
    database = "postgres://shop@db/shop"

    found = settings_with(DATABASE_URL=database, DATABASE_POOLER="1")["DATABASES"]["default"]

    assert "options" not in found["OPTIONS"]
    assert found["OPTIONS"]["prepare_threshold"] is None
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is True


def database_options(url: str) -> dict[str, Any]:
    found = settings_with(DATABASE_URL=url)["DATABASES"]["default"]
    options: dict[str, Any] = found["OPTIONS"]
    return options


def test_postgresql_url_overrides_defaults() -> None:
    address = "postgres://shop@localhost/shop"

    usual = database_options(address)
    found = database_options(f"{address}?sslmode=require&connect_timeout=9&options=-c%20jit=off")

    assert found == usual | {
        "sslmode": "require",
        "connect_timeout": 9,
        "options": f"{usual['options']} -c jit=off",
    }
    assert "lock_timeout=5s" in usual["options"]


def test_sqlite_url_overrides_defaults() -> None:
    found = database_options("sqlite:///shop.sqlite3?timeout=5")

    assert (found["timeout"], found["transaction_mode"]) == (5, "IMMEDIATE")


@pytest.mark.postgres
def test_silent_database_is_noticed_by_keepalives(db: None) -> None:
    connection.ensure_connection()

    with socket.fromfd(connection.connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as wire:
        found = [
            wire.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        ]
        unheard = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert found == [10, 5, 3]
    assert unheard == 25_000


@pytest.mark.sqlite
@pytest.mark.django_db
def test_sqlite_syncs_every_commit() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone() == (2,)  # FULL
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
