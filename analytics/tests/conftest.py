"""The dashboard as staff see it: served by a real ASGI server on this test's database."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from tests.support.servers import free_port

START_WITHIN = 30
STOP_WITHIN = 10


@contextmanager
def running_dashboard() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The web server as it is run for customers; yields its address and its process."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
    command += ["--timeout-graceful-shutdown", "3", "--log-level", "warning"]
    environment = os.environ | {"DATABASE_URL": _database_url(), "PORT": str(port)}
    process = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def dashboard(django_db_setup: None) -> Iterator[str]:
    """The address of a web server that lasts as long as the tests."""
    with running_dashboard() as (address, _process):
        yield address


@pytest.fixture
def staff_session(transactional_db: None) -> str:
    """The session cookie of a member of staff who may see figures."""
    staff = get_user_model().objects.create_user("ada", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_dayfigures"))
    client = Client()
    client.force_login(staff)
    return client.cookies["sessionid"].value


def _database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(database['NAME'])}"
    user, host, port = (database[name] for name in ("USER", "HOST", "PORT"))
    secret = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    return f"postgres://{user}{secret}@{host}:{port}/{database['NAME']}"


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{address}/analytics/", timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("The dashboard's server did not start; its output is above.")
