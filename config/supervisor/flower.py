"""Flower, the monitor: behind a login, reachable from this machine alone, for looking only."""

import os
import socket

from django.conf import settings

OPTIONS = [
    "--address=127.0.0.1",
    "--read_only",
    # What it keeps in memory: enough for the last minutes of a busy shop.
    "--max_tasks=5000",
    "--purge_offline_workers=60",
]


def flower_login() -> str:
    """`user:password`; empty if there is none, and then Flower must not run."""
    return settings.FLOWER_AUTH or ("admin:admin" if settings.DEBUG else "")


def run_flower() -> None:
    """Serve until SIGTERM."""
    from config.celery import app

    # Flower takes FLOWER_... variables for its own; our FLOWER_AUTH would be its OAuth pattern.
    for name in [name for name in os.environ if name.startswith("FLOWER_")]:
        del os.environ[name]
    app.start(
        [
            "--quiet",
            "flower",
            *OPTIONS,
            f"--port={settings.FLOWER_PORT}",
            f"--basic_auth={flower_login()}",
            "--logging=error",
        ]
    )


def flower_listens() -> bool:
    try:
        socket.create_connection(("127.0.0.1", settings.FLOWER_PORT), timeout=1).close()
    except OSError:
        return False
    return True
