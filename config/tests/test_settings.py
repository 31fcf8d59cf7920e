"""What the settings make of the environment."""

import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

SHOWN = (
    "DEBUG",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SECURE_PROXY_SSL_HEADER",
    "DATABASES",
)
SHOW = f"""
import json
from django.conf import settings
print(json.dumps([getattr(settings, name) for name in {SHOWN!r}], default=str))
"""


def settings_with(**environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        check=True, capture_output=True, text=True, env={**os.environ, **environment},
    )  # fmt: skip
    return dict(zip(SHOWN, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("https", [True, False])
def test_cookies_stay_on_https_where_the_shop_is_reached_by_it(https: bool) -> None:
    site = "https://shop.example.com" if https else "http://localhost:8000"

    found = settings_with(SITE_URL=site)

    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is https
    assert bool(found["SECURE_PROXY_SSL_HEADER"]) is https


def test_nothing_of_an_error_is_shown_unless_debug_is_asked_for() -> None:
    assert settings_with()["DEBUG"] is False


def database_options(url: str) -> dict[str, Any]:
    found: dict[str, Any] = settings_with(DATABASE_URL=url)["DATABASES"]["default"]["OPTIONS"]
    return found


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
