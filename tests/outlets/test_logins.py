"""Logins of destinations; what a password is, no log and no error tells."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bus.models import Delivery, FailedAttempt
from bus.testing import given, settle
from outlets.destinations.address import Address
from outlets.destinations.errors import DestinationUnavailable
from outlets.destinations.kafka import options_of
from outlets.destinations.kinds import KINDS, address, connection
from outlets.tasks import subscribe_destination
from shop.testing import placed
from tests.outlets.events import cloud_events
from tests.outlets.stands import NatsStand, RabbitmqStand
from tests.support.declaring import declaring
from tests.support.nats_accounts import accounts
from tests.support.servers import free_port

SECRET = "s3cret@word"
ENCODED = "s3cret%40word"


@contextmanager
def opened(settings: Any, name: str, url: str) -> Iterator[Any]:
    settings.OUTLETS = {**settings.OUTLETS, name: url}
    with connection(KINDS[name]) as kept:
        yield kept


def test_nats_takes_user_and_password(tmp_path: Path, settings: Any) -> None:
    server = NatsStand(
        tmp_path / "nats", "--user", "shop", "--pass", SECRET, user="shop", password=SECRET
    )
    [event] = cloud_events()
    try:
        server.open()
        for login in ("", "shop:wr0ng@"):
            with (
                pytest.raises(DestinationUnavailable) as refused,
                opened(settings, "nats", server.url.replace("//", f"//{login}")),
            ):
                pass
            assert "wr0ng" not in str(refused.value)
        with opened(settings, "nats", server.url.replace("//", f"//shop:{ENCODED}@")) as kept:
            kept.send(event)
        assert len(server.received()) == 1
    finally:
        server.close()


def test_nats_takes_credentials(tmp_path: Path, settings: Any) -> None:
    configuration, credentials = accounts(tmp_path)
    _other, strangers = accounts(_folder(tmp_path / "other"))
    server = NatsStand(
        tmp_path / "nats", "--config", str(configuration), user_credentials=str(credentials)
    )
    [event] = cloud_events()
    try:
        server.open()
        for stranger in (server.url, f"{server.url}?creds={strangers}"):
            with pytest.raises(DestinationUnavailable), opened(settings, "nats", stranger):
                pass
        with opened(settings, "nats", f"{server.url}?creds={credentials}") as kept:
            kept.send(event)
        assert len(server.received()) == 1
    finally:
        server.close()


def test_rabbitmq_refuses_wrong_password(tmp_path: Path, settings: Any) -> None:
    server = RabbitmqStand(tmp_path / "rabbitmq")
    try:
        server.open()
        wrong = server.url.replace(":guest@", f":{ENCODED}@")
        with (
            pytest.raises(DestinationUnavailable, match="AccessRefused") as refused,
            opened(settings, "rabbitmq", wrong),
        ):
            pass
        assert SECRET not in str(refused.value)
    finally:
        server.close()


@pytest.mark.parametrize(
    ("url", "protocol", "mechanism"),
    [
        ("kafka://one/orders", "PLAINTEXT", None),
        ("kafkas://one/orders", "SSL", None),
        (f"kafka://shop:{ENCODED}@one/orders", "SASL_PLAINTEXT", "PLAIN"),
        (f"kafkas://shop:{ENCODED}@one/orders?sasl=SCRAM-SHA-512", "SASL_SSL", "SCRAM-SHA-512"),
    ],
)
def test_kafka_is_told_protocol_and_login(url: str, protocol: str, mechanism: str | None) -> None:
    options = options_of(Address.read(url, KINDS["kafka"].spelling))

    assert options["security.protocol"] == protocol
    assert options.get("sasl.mechanism") == mechanism
    assert options.get("sasl.password") == (SECRET if mechanism else None)
    # By their defaults librdkafka verifies the certificate and the name in it.
    assert not {"enable.ssl.certificate.verification", "ssl.endpoint.identification.algorithm"} & (
        options.keys()
    )


UNREACHABLE = {
    "kafka": "kafka://shop:{}@127.0.0.1:{}/orders",
    "nats": "nats://shop:{}@127.0.0.1:{}/shop",
    "rabbitmq": "amqp://shop:{}@127.0.0.1:{}/?exchange=shop",
    "sns": "sns://KEY:{}@eu-central-1/123456789012/shop.fifo?endpoint=http://127.0.0.1:{}",
    "sqs": "sqs://KEY:{}@eu-central-1/123456789012/shop.fifo?endpoint=http://127.0.0.1:{}",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", UNREACHABLE)
def test_password_is_in_no_log_and_no_error(
    name: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    settings.OUTLETS = {**settings.OUTLETS, name: UNREACHABLE[name].format(ENCODED, free_port())}
    with declaring(partial(subscribe_destination, KINDS[name])):
        given(placed("SO-1", LAMP=1))
        settle(f"outlets-{name}")

    delivery = Delivery.objects.get(queue__name=f"outlets-{name}")
    told = [caplog.text, delivery.error, *FailedAttempt.objects.values_list("text", flat=True)]
    told += [str(address(KINDS[name])), repr(address(KINDS[name]))]
    assert delivery.state == "waiting"
    assert delivery.error
    for text in told:
        assert "s3cret" not in text


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
