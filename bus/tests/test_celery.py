"""What a project's Celery app has after `configure`."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery, current_app
from django.core.exceptions import ImproperlyConfigured
from kombu.exceptions import OperationalError

from bus.broker.rabbitmq import Transport as RabbitmqTransport
from bus.broker.sqs import Transport as SqsTransport
from bus.broker.transport import Transport
from bus.celery import configure


@pytest.fixture
def app() -> Iterator[Celery]:
    """A project's own app, before it is configured."""
    found = Celery("another", set_as_current=False)
    yield found
    found.close()


def test_configured_app_sends_json_by_the_guarded_transport(app: Celery, settings: Any) -> None:
    settings.BUS_REDIS_URL = "redis://:secret@cache:6380/2"

    configure(app)

    assert app.conf.broker_url == "redis://:secret@cache:6380/2"
    assert isinstance(app.connection().transport, Transport)
    assert (app.conf.accept_content, app.conf.task_serializer) == (["json"], "json")
    assert app.conf.task_acks_late


def test_address_in_the_environment_does_not_count(
    app: Celery, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "amqp://elsewhere/?queue_type=quorum")
    settings.BUS_REDIS_URL = "amqp://queue/?queue_type=quorum"

    configure(app)

    assert app.connection().as_uri() == "amqp://guest:**@queue:5672//"


def test_rabbitmq_gets_its_own_transport_and_options(app: Celery, settings: Any) -> None:
    settings.BUS_REDIS_URL = "amqp://me:secret@queue/shop"

    configure(app)

    assert app.conf.broker_url == "amqp://me:secret@queue:5672/shop"
    assert isinstance(app.connection().transport, RabbitmqTransport)
    assert app.conf.broker_transport_options == {}


def test_sqs_gets_its_own_transport_and_no_remote_control(app: Celery, settings: Any) -> None:
    settings.BUS_REDIS_URL = "sqs://KEY:secret@?region=eu-central-1"

    configure(app)

    assert app.conf.broker_url == "sqs://KEY:secret@"
    assert isinstance(app.connection().transport, SqsTransport)
    assert app.conf.broker_transport_options["region"] == "eu-central-1"
    assert not app.connection().supports_exchange_type("fanout")


def test_change_of_one_configured_app_leaves_others_alone(app: Celery) -> None:
    configure(app)
    app.conf.broker_transport_options["visibility_timeout"] = 60
    configure(other := Celery("third", set_as_current=False))

    assert app.conf.broker_transport_options["visibility_timeout"] == 60
    assert other.conf.broker_transport_options["visibility_timeout"] == 300


def test_broker_that_cannot_be_read_is_refused_by_its_name(app: Celery, settings: Any) -> None:
    settings.BUS_REDIS_URL = "localhost:6379"
    settings.BUS_READ_FROM = {"BUS_REDIS_URL": "CACHE_URL"}

    with pytest.raises(ImproperlyConfigured, match="CACHE_URL is not the address of a broker"):
        configure(app)


def test_worker_reconnects_to_broker_every_second() -> None:
    waits = []

    with pytest.raises(OperationalError):
        current_app.connection("redis://127.0.0.1:1/0").ensure_connection(
            lambda _error, wait: waits.append(wait), max_retries=3
        )

    assert waits == [1, 1, 1]
