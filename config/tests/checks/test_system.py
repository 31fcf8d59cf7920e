"""Django's `check` runs the shop's checks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django.fixtures import Settings

from config.checks import require, settings_checks
from config.demo.seeding import seed


@pytest.mark.django_db
def test_deployment_with_laptop_settings_is_refused(settings: Settings) -> None:
    seed()
    get_user_model().objects.create_superuser("admin", "", "admin")
    settings.SECRET_KEY = "x"

    with pytest.raises(SystemCheckError) as refused:
        call_command("check", "--deploy", "--tag", "shop")

    for part in ("SECRET_KEY: has 1 characters", "admin / admin opens", "28 are on sale"):
        assert part in str(refused.value)


def test_bad_settings_are_refused_by_every_command(settings: Settings) -> None:
    settings.CURRENCY = "eur"

    with pytest.raises(SystemCheckError, match="CURRENCY: is 'eur'"):
        call_command("check", "--tag", "shop")
    with pytest.raises(SystemExit, match="The settings cannot be used: CURRENCY"):
        require(settings_checks())


@pytest.mark.parametrize(
    ("proxies", "warned"), [("10.0.0.5", []), ("", ["TRUSTED_PROXIES: is empty"])]
)
def test_deployment_behind_a_proxy_has_no_warning(proxies: str, warned: list[str]) -> None:
    """Django's own checks included."""
    deployed = {
        "SITE_URL": "https://shop.example",
        "TRUSTED_PROXIES": proxies,
        "STAFF_SECOND_FACTOR": "1",
        "PERSONAL_KEYS": "personal-key-of-the-tests-that-is-long-enough",
    }

    told = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=Path(__file__).parents[3], env=os.environ | deployed,
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert bool(told.returncode) == bool(warned), told.stderr
    assert all(one in told.stderr for one in warned)
