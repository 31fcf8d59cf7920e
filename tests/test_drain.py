"""A shop without a broker: one process does what is due, and talks to the database alone."""

import os
import socket
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from analytics.models import DayFigures
from bus.testing import given
from bus.worker.registration import register
from shop.testing import placed

pytestmark = pytest.mark.django_db(transaction=True)


def database_url() -> str:
    """The test's own database, as another process is told of it."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    login = f"{known['USER']}:{known['PASSWORD']}" if known["PASSWORD"] else known["USER"]
    return f"postgres://{login}@{known['HOST']}:{known['PORT']}/{known['NAME']}"


def drained(redis_url: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": redis_url}
    command = [sys.executable, "manage.py", "relay", "--drain"]
    return subprocess.run(
        command, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("address", ["", "redis://127.0.0.1:{}/0"], ids=["unset", "down"])
def test_drain_works_without_redis(address: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen
        given(placed("SO-1", CUP=2))
        register("analytics")

        done = drained(address.format(silent.getsockname()[1]))

    assert done.returncode == 0, done.stderr
    assert "analytics.tasks.record_sales: 1 done" in done.stdout
    assert DayFigures.objects.get().orders == 1
