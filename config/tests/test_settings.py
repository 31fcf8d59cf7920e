"""What the settings make of the environment, and how a start judges it."""

import os
import runpy
import socket
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import override_settings

from config.checks import settings_checks

ROOT = Path(__file__).parents[2]
HEX = "0123456789abcdef" * 4
JUDGED = (
    "ALLOWED_HOSTS", "CURRENCY", "DEBUG", "FLOWER_AUTH", "SAMPLES", "SECRET_KEY",
    "SELLER", "SHOP_NAME", "SITE_URL", "WAREHOUSE_EMAIL", "WAREHOUSE_SECRET", "WAREHOUSE_URL",
)  # fmt: skip


def settings_with(**environment: str) -> dict[str, Any]:
    """The settings as a process with this environment reads them."""
    with mock.patch.dict(os.environ, environment):
        return runpy.run_path(str(ROOT / "config/settings.py"))


def refusal(**environment: str) -> str:
    """The sentence with which these settings are refused, when read or judged; else empty."""
    try:
        found = settings_with(**environment)
    except ImproperlyConfigured as error:
        return str(error)
    with override_settings(**{name: found[name] for name in JUDGED}):
        return next((str(check) for check in settings_checks() if check.fails), "")


@pytest.mark.parametrize("https", [True, False])
def test_cookies_stay_on_https_where_the_shop_is_reached_by_it(https: bool) -> None:
    site = "https://shop.example.com" if https else "http://localhost:8000"

    found = settings_with(SITE_URL=site)

    assert found.get("SESSION_COOKIE_SECURE", False) is https
    assert found.get("CSRF_COOKIE_SECURE", False) is https
    assert ("SECURE_PROXY_SSL_HEADER" in found) is https


def test_nothing_of_an_error_is_shown_unless_debug_is_asked_for() -> None:
    assert settings_with()["DEBUG"] is False


def test_the_settings_of_these_tests_are_a_shop_s() -> None:
    assert refusal() == ""


REFUSED = [
    # What cannot be read.
    ("ENV_FILE", "/nowhere/at/all.env"),
    ("DEBUG", "perhaps"),
    ("PORT", "0"),
    ("FLOWER_PORT", "http"),
    ("SITE_URL", "shop.example.com"),
    ("SITE_URL", "ftp://shop.example.com"),
    ("SITE_URL", "https://shop.example.com/shop"),
    ("SITE_URL", "https://shop.example.com:port"),
    ("SITE_URL", "https://user@shop.example.com"),
    ("SITE_URL", "https://shop example.com"),
    ("SITE_URL", "https://[::1"),
    ("ALLOWED_HOSTS", "https://shop.example.com"),
    ("ALLOWED_HOSTS", "shop.example.com:443"),
    ("ALLOWED_HOSTS", "shop.example.com example.org"),
    ("ALLOWED_HOSTS", "'shop.example.com'"),
    ("DATABASE_URL", "garbage"),
    ("DATABASE_URL", "mysql://shop:s3cret@host/shop"),
    ("DATABASE_URL", "postgres://shop:s3cret@host:xx/shop"),
    ("DATABASE_URL", "postgres://shop:s3/cret@host/shop"),
    ("DATABASE_URL", "postgres://shop:s3?cret@host/shop"),
    ("DATABASE_URL", "postgres://shop:s3#cret@host/shop"),
    ("DATABASE_URL", "postgres://shop:s3cret@host"),
    ("DATABASE_URL", "postgres://[::1"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "sqlite://:memory:"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_PORT", "-1"),
    ("DATABASE_POOLER", "transaction"),
    ("DATABASE_POOLER", "1"),  # and SQLite
    ("REDIS_URL", "localhost:6379"),
    ("REDIS_URL", "amqp://guest@localhost"),
    ("REDIS_URL", "sentinel://:s3cret@host:26379/0"),
    ("REDIS_URL", "redis://:s3/cret@host/0"),
    ("REDIS_URL", "redis://:s3#cret@host/0"),
    ("REDIS_URL", "redis://host/zero"),
    ("REDIS_URL", "redis://host/0?socket_timeout=3"),
    ("REDIS_URL", "rediss://host/0?ssl_cert_reqs=none"),
    ("REDIS_URL", "rediss://host/0?ssl_cert_reqs=CERT_NONE"),
    ("REDIS_URL", "rediss://host/0?ssl_check_hostname=false"),
    ("REDIS_URL", "rediss://host/0?ssl_ca_certs=ca.pem"),
    ("REDIS_URL", "unix://"),
    ("BROKER_URL", "redis+sentinel://host:26379/0"),
    ("REDIS_PORT", "x"),
    ("WORKER_CONCURRENCY", "0"),
    ("WORKER_MAX_MEMORY_MB", "50"),
    ("EMAIL_URL", "mail.example.com"),
    ("EMAIL_URL", "pigeon://coop"),
    ("EMAIL_URL", "consolemail://"),
    ("EMAIL_URL", "smtp://"),
    ("EMAIL_URL", "smtp://user:s3/cret@host"),
    ("EMAIL_URL", "smtp://user:s3#cret@host"),
    ("EMAIL_URL", "smtp://host:smtp"),
    ("EMAIL_URL", "smtp://host/inbox"),
    ("EMAIL_URL", "smtp://host?ssl=1"),
    ("DEFAULT_FROM_EMAIL", "The Shop"),
    ("DEFAULT_FROM_EMAIL", "The Shop <shop>"),
    ("DEFAULT_FROM_EMAIL", "a@example.org, b@example.org"),
    ("DEFAULT_FROM_EMAIL", "A <a@example.org>, B <b@example.org>"),
    ("WAREHOUSE_EMAIL", "a@example.org; b@example.org"),
    ("WAREHOUSE_EMAIL", "a@example.org b@example.org"),
    ("WAREHOUSE_EMAIL", "warehouse"),
    ("SELLER_EMAIL", "billing at example.org"),
    ("SELLER_EMAIL", "Billing <billing@example.org>"),
    ("TIME_ZONE", "Berlin"),
    ("TIME_ZONE", "../etc/passwd"),
    ("SHOP_NAME", "The\nShop"),
    ("SHOP_NAME", '"The Shop"'),
    # What can be read, and cannot be right.
    ("SECRET_KEY", "x"),
    ("SECRET_KEY", "0" * 64),
    ("SECRET_KEY", "only-for-a-laptop-only-for-a-laptop"),
    ("SECRET_KEY", f"django-insecure-{HEX}"),
    ("FLOWER_AUTH", "admin"),
    ("FLOWER_AUTH", "admin:"),
    ("FLOWER_AUTH", ":s3cret"),
    ("FLOWER_AUTH", "admin:s3cret,more"),
    ("FLOWER_AUTH", "admin:admin"),
    ("FLOWER_AUTH", "admin:gehéim"),
    ("WAREHOUSE_URL", "warehouse.example.com"),
    ("WAREHOUSE_URL", "ftp://warehouse.example.com"),
    ("WAREHOUSE_URL", "https://"),
    ("CURRENCY", "eur"),
    ("CURRENCY", "EURO"),
    ("CURRENCY", "XYZ"),
    ("SELLER_COUNTRY", "de"),
    ("SELLER_COUNTRY", "Germany"),
    ("SELLER_IBAN", "DE89370400440532013001"),
    ("SELLER_IBAN", "none"),
    ("SELLER_NAME", "a" * 101),
]


@pytest.mark.parametrize(("setting", "value"), REFUSED)
def test_a_value_that_cannot_be_used_is_refused_by_the_name_of_its_setting(
    setting: str, value: str
) -> None:
    said = refusal(**{setting: value})

    assert setting in said
    assert said.endswith(".")
    assert not any(part in said for part in ("s3", "cret@", "gehéim"))
    assert len(said) < 400


@pytest.mark.parametrize(
    "setting",
    [
        "SELLER_NAME", "SELLER_LINE1", "SELLER_CITY", "SELLER_COUNTRY", "SELLER_EMAIL",
        "DEFAULT_FROM_EMAIL",
    ],
)  # fmt: skip
def test_without_debug_no_sample_stands_in_for_the_seller(setting: str) -> None:
    said = refusal(**{setting: ""})

    assert f"{setting}: not set, or still the sample" in said


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("SELLER_NAME", "The Shop GmbH"),
        ("SELLER_VAT_ID", "DE123456789"),
        ("SELLER_IBAN", "DE02120300000000202051"),
        ("WAREHOUSE_EMAIL", "warehouse@example.com"),
    ],
)
def test_without_debug_a_copied_sample_counts_as_none(setting: str, value: str) -> None:
    assert f"{setting}: not set, or still the sample" in refusal(**{setting: value})


def test_a_sample_of_the_warehouse_is_harmless_where_no_mail_goes_to_it() -> None:
    url = "https://warehouse.example.org"

    assert not refusal(
        WAREHOUSE_EMAIL="warehouse@example.com", WAREHOUSE_URL=url, WAREHOUSE_SECRET=HEX
    )


def test_a_laptop_needs_no_setting_at_all() -> None:
    unset = dict.fromkeys(("SECRET_KEY", "SELLER_NAME", "DEFAULT_FROM_EMAIL"), "")

    assert not refusal(**unset, DEBUG="1")
    assert not refusal(**unset, DEBUG_UNLESS_SET="1")


def test_debug_of_the_settings_wins_over_the_default_of_make(tmp_path: Path) -> None:
    (tmp_path / "prod.env").write_text("DEBUG=0\n")

    found = settings_with(ENV_FILE=str(tmp_path / "prod.env"), DEBUG_UNLESS_SET="1")

    assert found["DEBUG"] is False


@pytest.mark.parametrize(
    "public",
    [
        {"SITE_URL": "https://shop.example.com"},
        {"SITE_URL": "http://192.168.1.5:8000"},
        {"ALLOWED_HOSTS": "shop.example.com", "SITE_URL": "http://localhost:8000"},
        {"ALLOWED_HOSTS": "*"},
        {"ALLOWED_HOSTS": ".example.com"},
    ],
)
def test_debug_is_refused_where_others_can_come_by(public: dict[str, str]) -> None:
    assert refusal(DEBUG="1", **public).startswith("DEBUG: is on")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "[::1]", "shop.localhost"])
def test_debug_is_allowed_where_this_machine_alone_is_meant(host: str) -> None:
    assert not refusal(DEBUG="1", SITE_URL=f"http://{host}:8000", ALLOWED_HOSTS=host)


def test_public_names_without_an_address_for_links_are_refused() -> None:
    assert refusal(ALLOWED_HOSTS="shop.example.com").startswith("SITE_URL: is http://localhost")


def test_site_url_alone_is_enough() -> None:
    found = settings_with(SITE_URL="https://Straße.example:8443/")

    assert found["SITE_URL"] == "https://xn--strae-oqa.example:8443"
    assert found["CSRF_TRUSTED_ORIGINS"] == [found["SITE_URL"]]
    assert found["ALLOWED_HOSTS"] == ["xn--strae-oqa.example", "localhost", "127.0.0.1", "[::1]"]


def test_the_port_moves_the_address_of_links() -> None:
    assert settings_with(PORT="9001")["SITE_URL"] == "http://localhost:9001"


def test_this_machine_is_always_among_the_hosts() -> None:
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
def test_the_scheme_of_the_mail_relay_says_how_it_is_secured(
    scheme: str, tls: bool | None, ssl: bool | None, port: int
) -> None:
    found = settings_with(EMAIL_URL=f"{scheme}://me%40x:p%2F%3A@mail.example.org")

    assert (found.get("EMAIL_USE_TLS"), found.get("EMAIL_USE_SSL")) == (tls, ssl)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.org", port)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@x", "p/:")
    assert found["EMAIL_BACKEND"] == "shop.mail.SmtpBackend"


def test_an_iban_can_be_none() -> None:
    none = dict.fromkeys(("SELLER_IBAN", "SELLER_VAT_ID", "SELLER_POSTAL_CODE"), "")

    seller = settings_with(**none)["SELLER"]

    assert [seller[key] for key in ("iban", "vat_id", "postal_code")] == ["", "", ""]
    assert not refusal(**none)


def test_paths_begin_at_the_project_and_may_hold_any_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")

    odd, plain = settings_with(VAR_DIR="C#+ %20"), settings_with(DATABASE_URL="sqlite:///x.db")

    assert odd["DATABASES"]["default"]["NAME"] == f"{ROOT}/C#+ %20/shop.sqlite3"
    assert plain["DATABASES"]["default"]["NAME"] == f"{ROOT}/x.db"


def test_a_password_of_its_own_needs_no_percent_signs() -> None:
    password = "p@:/?#%&+ ü"

    found = settings_with(
        DATABASE_HOST="db", DATABASE_PASSWORD=password, REDIS_HOST="cache", REDIS_PASSWORD=password
    )

    assert found["DATABASES"]["default"]["PASSWORD"] == password
    assert found["BROKER_URL"] == "redis://:p%40%3A%2F%3F%23%25%26%2B%20%C3%BC@cache:6379/0"


def test_a_password_of_its_own_stands_in_where_the_url_has_none() -> None:
    found = settings_with(
        DATABASE_URL="postgres://shop@db/shop", DATABASE_PASSWORD="p@",
        REDIS_URL="redis://cache/3", REDIS_PASSWORD="p@",
    )  # fmt: skip

    assert found["DATABASES"]["default"]["PASSWORD"] == "p@"
    assert found["BROKER_URL"] == "redis://:p%40@cache:6379/3"


def test_a_socket_s_folder_can_be_the_database_s_host() -> None:
    found = settings_with(DATABASE_URL="postgres://shop:p%40%2F@%2Frun%2FMy:5433/shop")

    assert found["DATABASES"]["default"].items() >= {
        "HOST": "/run/My", "PORT": 5433, "PASSWORD": "p@/", "USER": "shop", "NAME": "shop",
    }.items()  # fmt: skip


def test_two_brokers_are_one_too_many() -> None:
    assert "REDIS_URL and BROKER_URL differ" in refusal(
        REDIS_URL="redis://one/0", BROKER_URL="redis://two/0"
    )


def test_behind_a_pooler_nothing_is_asked_that_belongs_to_one_connection() -> None:
    database = "postgres://shop@db/shop"

    found = settings_with(DATABASE_URL=database, DATABASE_POOLER="1")["DATABASES"]["default"]

    assert "options" not in found["OPTIONS"]
    assert found["OPTIONS"]["prepare_threshold"] is None
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is True


def database_options(url: str) -> dict[str, Any]:
    found = settings_with(DATABASE_URL=url)["DATABASES"]["default"]
    options: dict[str, Any] = found["OPTIONS"]
    return options


def test_what_the_address_of_postgresql_says_wins_over_what_is_usual() -> None:
    address = "postgres://shop@localhost/shop"

    usual = database_options(address)
    found = database_options(f"{address}?sslmode=require&connect_timeout=9&options=-c%20jit=off")

    assert found == usual | {
        "sslmode": "require",
        "connect_timeout": 9,
        "options": f"{usual['options']} -c jit=off",
    }
    assert "lock_timeout=5s" in usual["options"]


def test_what_the_address_of_sqlite_says_wins_over_what_is_usual() -> None:
    found = database_options("sqlite:///shop.sqlite3?timeout=5")

    assert (found["timeout"], found["transaction_mode"]) == (5, "IMMEDIATE")


@pytest.mark.postgres
def test_a_database_that_is_gone_without_a_farewell_is_noticed(db: None) -> None:
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
def test_sqlite_has_on_the_disk_what_it_has_committed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone() == (2,)  # FULL
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
