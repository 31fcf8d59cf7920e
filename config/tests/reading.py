"""Reads and checks the settings as another process would."""

import os
import runpy
from pathlib import Path
from typing import Any
from unittest import mock

from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from config.checks import settings_checks

ROOT = Path(__file__).parents[2]
HEX = "0123456789abcdef" * 4
JUDGED = (
    "ALLOWED_HOSTS", "CURRENCY", "DEBUG", "EMAIL_URL", "FLOWER_AUTH", "SAMPLES", "SECRET_KEY",
    "SELLER", "SELLER_LANGUAGE", "SHOP_NAME", "SITE_URL", "WAREHOUSE_EMAIL", "WAREHOUSE_SECRET",
    "WAREHOUSE_URL", "WITH_FLOWER",
)  # fmt: skip


def settings_with(**environment: str) -> dict[str, Any]:
    """The settings as a process with this environment reads them."""
    # The tests run on two databases; what they read does not depend on that.
    with mock.patch.dict(os.environ, {"DATABASE_URL": "", **environment}):
        return runpy.run_path(str(ROOT / "config/settings.py"))


def refusal(**environment: str) -> str:
    """The sentence with which these settings are refused, when read or judged; else empty."""
    try:
        found = settings_with(**environment)
    except ImproperlyConfigured as error:
        return str(error)
    with override_settings(**{name: found[name] for name in JUDGED}):
        return next((str(check) for check in settings_checks() if check.fails), "")
