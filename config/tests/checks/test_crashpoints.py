"""Crash points are for tests alone."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django.fixtures import Settings

from config.checks.crashpoints import check_crash_points


@pytest.mark.django_db
def test_crash_points_are_refused_without_debug(settings: Settings, tmp_path: Path) -> None:
    settings.BUS_FAILPOINTS = str(tmp_path)

    with pytest.raises(SystemCheckError, match="Leave CRASH_POINTS empty"):
        call_command("check", "--deploy", "--tag", "shop")

    assert check_crash_points().fails
    call_command("check")  # as every other command does: tests set it without DEBUG
    settings.DEBUG = True
    assert not check_crash_points().fails
