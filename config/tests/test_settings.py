"""What the settings make of the environment."""

import json
import os
import socket
import subprocess
import sys

import pytest
from django.db import connection

SHOWN = ("DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_PROXY_SSL_HEADER")
SHOW = f"""
import json
from django.conf import settings
print(json.dumps([getattr(settings, name) for name in {SHOWN!r}]))
"""


def settings_with(**environment: str) -> dict[str, object]:
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
