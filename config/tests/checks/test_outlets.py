"""Destinations are named without their passwords; what cannot be used is refused."""

import sys
from pathlib import Path
from typing import Any

import pytest

from config.checks.outlets import check_destinations, check_webhooks


def test_destinations_are_named_without_password(settings: Any) -> None:
    settings.OUTLETS = {**settings.OUTLETS, "kafka": "kafkas://shop:s3cret@one:9093,two/orders"}

    check = check_destinations()

    assert not check.fails
    assert "kafka at one:9093,two:9093" in str(check)
    assert "s3cret" not in str(check)


def test_shop_without_destinations_starts() -> None:
    check = check_destinations()

    assert not check.fails
    assert check.state == "none"


def test_webhooks_are_named_with_what_sends_them(settings: Any) -> None:
    assert check_webhooks().state == "off"

    settings.OUTLET_WEBHOOKS = True

    assert check_webhooks().state == "on; a worker of the queue outlets sends them"


def test_authorities_that_cannot_be_read_are_refused(settings: Any, tmp_path: Path) -> None:
    for file in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        settings.OUTLET_CA_CERTS = str(file)

        check = check_webhooks()

        assert check.fails
        assert check.what == "OUTLET_CA_CERTS"
        assert str(file) in check.state
        (tmp_path / "empty.pem").touch()


REFUSED = [
    ("kafka", "one:9092/orders", "kafka://host1:9092"),
    ("kafka", "amqp://one/orders", "kafka://host1:9092"),
    ("kafka", "kafka://one:9092", "kafka://host1:9092"),
    ("kafka", "kafka://one:port/orders", "kafka://host1:9092"),
    ("kafka", "kafka:///orders", "kafka://host1:9092"),
    ("kafka", "kafka://one,/orders", "kafka://host1:9092"),
    ("kafka", "kafka://one/orders?sasl=GSSAPI", "sasl=GSSAPI"),
    ("kafka", "kafka://one/orders?acks=0", "acks"),
    ("kafka", "kafka://one/orders?personal=perhaps", "personal=perhaps"),
    ("kafka", "kafkas://one/orders?ssl_cert_reqs=none", "always verified"),
    ("kafka", "kafka://shop:s3#cret@one/orders", "%23"),
    ("nats", "nats://one:4222/", "nats://host1:4222"),
    ("nats", "nats://one:4222/shop.orders", "nats://host1:4222"),
    ("rabbitmq", "amqp://one/", "It needs the option exchange"),
    ("sns", "sns://eu-central-1/topic.fifo", "sns://eu-central-1/123456789012"),
    ("sqs", "sns://eu-central-1/123456789012/shop.fifo", "sqs://eu-central-1"),
    ("sqs", "sqs://eu_central/123456789012/shop.fifo", "sqs://eu-central-1"),
    ("sqs", "sqs://s3key@eu-central-1/123456789012/shop.fifo", "half of a login"),
    ("sns", "sns://eu-central-1/123456789012/a?endpoint=localhost:4566", "endpoint=localhost"),
    ("nats", "tls://one/shop?ssl_ca_certs=/missing/ca.pem", "file that it names"),
    ("nats", "nats://one/shop?creds=/missing/user.creds", "file that it names"),
    ("nats", "nats://one/shop?creds=user.creds", "absolute path"),
    ("pubsub", "pubsub://my-project/", "pubsub://my-project/topic"),
    ("pubsub", "pubsub://my-project/a", "pubsub://my-project/topic"),
    ("pubsub", "pubsub://shop:s3cret@my-project/topic", "The credentials are the machine's"),
    ("pubsub", "pubsub://my-project/topic?endpoint=localhost:85", "endpoint=localhost"),
    ("pubsub", "pubsub://my-project/topic?ssl_ca_certs=/missing/ca.pem", "file that it names"),
    ("sqs", "sqs://eu-central-1/123456789012/a?endpoint=http://one&ssl_ca_certs=/a", "supported"),
    ("rabbitmq", "amqp://one,two/?exchange=shop", "amqp://user:password@host"),
]


@pytest.mark.parametrize(("name", "url", "says"), REFUSED)
def test_address_that_cannot_be_used_is_refused(
    settings: Any, name: str, url: str, says: str
) -> None:
    settings.OUTLETS = {**settings.OUTLETS, name: url}

    check = check_destinations()

    assert check.fails
    assert check.what == f"OUTLET_{name.upper()}_URL"
    assert says in check.fix
    assert "s3" not in str(check)


def test_missing_client_is_named_with_file_that_brings_it(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTLETS = {**settings.OUTLETS, "kafka": "kafka://one/orders"}
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)

    check = check_destinations()

    assert check.fails
    assert "OUTLET_KAFKA_URL: cannot be used. It needs confluent_kafka" in str(check)
    assert "requirements-kafka.txt" in str(check)


def test_event_that_is_not_public_is_refused(settings: Any) -> None:
    settings.OUTLET_EVENTS = ["OrderPlaced", "MailResendRequested"]

    check = check_destinations()

    assert check.fails
    assert "MailResendRequested" in str(check)
