"""Flower, the monitor: behind a login, for looking only."""

import logging
import os
import secrets
from functools import cache

from django.conf import settings

from bus import keys
from config.celery import app

OPTIONS = [
    "--read_only",
    # What it keeps in memory: enough for the last minutes of a busy shop.
    "--max_tasks=5000",
    "--purge_offline_workers=60",
]


@cache
def flower_login() -> str:
    """`user:password`: from FLOWER_AUTH, well known under DEBUG, else made up for this start."""
    if settings.FLOWER_AUTH:
        return str(settings.FLOWER_AUTH)
    return "admin:admin" if settings.DEBUG else f"admin:{secrets.token_urlsafe(12)}"


def run_flower(login: str, address: str = "127.0.0.1", port: int | None = None) -> None:
    """Serve until SIGTERM; without a `port` on FLOWER_PORT."""
    # It reads the lengths of queues by itself, past the transport, which knows the prefix.
    app.conf.broker_transport_options["global_keyprefix"] = keys.prefix()
    # Workers that have not started yet do not answer its first questions; it asks again.
    logging.getLogger("flower").setLevel(logging.ERROR)
    # Flower takes FLOWER_... variables for its own; our FLOWER_AUTH would be its OAuth pattern.
    for name in [name for name in os.environ if name.startswith("FLOWER_")]:
        del os.environ[name]
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
