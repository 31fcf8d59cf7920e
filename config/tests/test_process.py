"""Settings, the environment and libraries stay as they are when modules are imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.process import hand_to_libraries
from config.tests.reading import settings_with

AFTER_PRELOAD = """
import django
django.setup()
from django.conf import settings
before = dict(settings.DATABASES["default"], OPTIONS=dict(settings.DATABASES["default"]["OPTIONS"]))
from config.local.preload import preload
preload()
assert settings.DATABASES["default"] == before, "the web server's pool"
"""
UMASK_AFTER_SETUP = """
import os, django
django.setup()
print(oct(os.umask(0)))
"""

RICH_AFTER_SETUP = """
import sys, django
django.setup()
import httpx
print(httpx.get.__name__, "rich" in sys.modules)
"""

DRAWING_AFTER_SETUP = """
import sys, django
django.setup()
print(*sorted({"reportlab", "uharfbuzz"} & sys.modules.keys()))
"""


def said_by(script: str) -> str:
    command = [sys.executable, "-c", script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_settings_export_no_setting_of_the_shop(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text("SHOP_NAME=Mine\nDEBUG=1\n")
    before = dict(os.environ)

    assert settings_with(ENV_FILE=str(file))["SHOP_NAME"] == "Mine"

    assert dict(os.environ) == before


def test_settings_export_other_variables_for_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"SSL_CERT_FILE": "/set/in/the/environment"})

    hand_to_libraries({"SSL_CERT_FILE": "/set/in/the/file", "NO_PROXY": "localhost"})

    assert os.environ == {"SSL_CERT_FILE": "/set/in/the/environment", "NO_PROXY": "localhost"}


def test_up_starts_workers_without_connection_pool() -> None:
    said_by(AFTER_PRELOAD)


def test_every_django_process_creates_private_files() -> None:
    assert said_by(UMASK_AFTER_SETUP) == "0o77"


def test_no_process_loads_a_command_line_program_of_httpx() -> None:
    assert said_by(RICH_AFTER_SETUP) == "get False"


def test_process_loads_the_code_that_draws_documents_only_to_draw() -> None:
    assert said_by(DRAWING_AFTER_SETUP) == ""
