"""Flower, the monitor: read-only, and behind a login with limited tries."""

import logging
import os
import secrets
from functools import cache
from typing import Any

from django.conf import settings
from flower.views import BaseHandler
from tornado.web import HTTPError

from bus.broker import keys, server
from config.celery import app
from shop.budgets import Budget, network_of

OPTIONS = [
    "--read_only",
    # Kept in memory: the last minutes of a busy shop.
    "--max_tasks=5000",
    "--purge_offline_workers=60",
]


@cache
def flower_login() -> str:
    """`user:password`: FLOWER_AUTH, else admin:admin under DEBUG, else a new password."""
    if settings.FLOWER_AUTH:
        return str(settings.FLOWER_AUTH)
    return "admin:admin" if settings.DEBUG else f"admin:{secrets.token_urlsafe(12)}"


def limit_wrong_passwords() -> None:
    """Answer 429 to an address that has sent too many wrong passwords (LOGINS_PER_ADDRESS).

    Counted in memory: there is one Flower. It asks `get_current_user` for each request that needs a
    login, and that raises a 401.
    """
    tries = Budget("LOGINS_PER_ADDRESS")
    check = BaseHandler.get_current_user

    def check_within_budget(handler: Any) -> Any:
        if "Authorization" not in handler.request.headers:
            return check(handler)
        address = network_of(handler.request.remote_ip)
        if wait := tries.take(address):
            raise HTTPError(429, f"Too many wrong passwords from this address. Wait {wait} s.")
        user = check(handler)
        tries.give_back(address)
        return user

    BaseHandler.get_current_user = check_within_budget


def run_flower(login: str, address: str = "127.0.0.1", port: int | None = None) -> None:
    """Serve until SIGTERM, on FLOWER_PORT unless a `port` is given. `login` is `user:password`."""
    # Flower reads the lengths of queues without the transport, which adds the prefix elsewhere.
    if server.is_redis():
        app.conf.broker_transport_options["global_keyprefix"] = keys.prefix()
    # It warns about workers that have not started yet, and asks them again later.
    logging.getLogger("flower").setLevel(logging.ERROR)
    # Flower reads FLOWER_... variables as its own options: FLOWER_AUTH would be an OAuth pattern.
    for name in [name for name in os.environ if name.startswith("FLOWER_")]:
        del os.environ[name]
    limit_wrong_passwords()
    app.start(
        [
            "--quiet",
            "flower",
            *OPTIONS,
            f"--address={address}",
            f"--port={port or settings.FLOWER_PORT}",
            f"--basic_auth={login}",
            "--logging=error",
        ]
    )
