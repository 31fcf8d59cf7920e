"""A real RabbitMQ: what the relay sends is stored, or is due again; and what is put aside."""

import json
from pathlib import Path
from typing import Any

import amqp
import pytest
from celery import current_app
from kombu import Consumer
from kombu.compression import compress
from kombu.exceptions import OperationalError

from bus.broker import address
from bus.broker.message import Malformed, inspect
from bus.broker.quarantine import MOST_KEPT, QUARANTINE
from bus.broker.rabbitmq import Unroutable
from bus.models import RelayState
from bus.relay.loop import Relay
from bus.relay.messages import Sender
from bus.testing import given
from bus.tests.broker.usage import taken, used
from bus.tests.conftest import Subscribed, happened, relayed
from bus.worker.registration import register
from tests.support.certificates import Authority
from tests.support.rabbitmq import RabbitmqServer
from tests.support.servers import free_port

pytestmark = [pytest.mark.rabbitmq, pytest.mark.django_db(transaction=True)]


def react(event: Any) -> None: ...


@pytest.mark.parametrize("queue_type", ["classic", "quorum"])
def test_batch_is_one_stored_message_in_a_queue_of_its_type(
    subscribed: Subscribed, rabbitmq: RabbitmqServer, settings: Any, queue_type: str
) -> None:
    subscribed(react, batch=2)
    given(*happened(1, 2, 3))
    batches = relayed()
    with used(settings, f"{rabbitmq.url(rabbitmq.port)}?queue_type={queue_type}"):
        Sender().send(batches)

    with rabbitmq.connected() as connection:
        arguments = {"x-queue-type": queue_type}
        connection.channel().queue_declare(
            "desk", durable=True, auto_delete=False, arguments=arguments
        )
    sent = taken(rabbitmq)
    assert [json.loads(message.body)[0] for message in sent] == [
        [[list(ticket) for ticket in batch.tickets]] for batch in batches
    ]
    for message in sent:
        properties = message.properties
        assert (properties["delivery_mode"], properties["expiration"]) == (2, "120000")
        headers = properties["application_headers"]
        kind = properties["content_type"], properties["content_encoding"]
        assert inspect(headers, message.body, *kind)


def test_message_to_a_queue_that_is_gone_is_an_error(rabbitmq: RabbitmqServer) -> None:
    with current_app.connection_for_write() as connection:
        producer = current_app.amqp.Producer(connection, auto_declare=False)

        with pytest.raises(Unroutable, match="desk"), producer.batch(max_size=10):
            producer.publish("{}", exchange="", routing_key="desk")


def test_compressed_message_is_not_unpacked(rabbitmq: RabbitmqServer) -> None:
    body, zip_ = compress(b"x" * 1_000_000, "gzip")
    got: list[Any] = []
    with current_app.connection_for_write() as connection:
        queue = address.queue("desk")(connection.default_channel)
        queue.declare()
        packed = amqp.Message(body, application_headers={"compression": zip_})
        connection.default_channel.basic_publish(packed, routing_key="desk")
        with Consumer(connection, [queue], on_message=got.append, no_ack=True):
            connection.drain_events(timeout=10)

    assert len(got[0].body) == len(body)


def test_quarantine_keeps_the_last_thousand(rabbitmq: RabbitmqServer) -> None:
    with current_app.connection_for_read() as connection:
        for number in range(MOST_KEPT + 1):
            connection.default_channel.quarantine("desk", b"%d" % number, Malformed("odd"))

    texts = [bytes(message.body) for message in taken(rabbitmq, QUARANTINE)]

    assert (len(texts), texts[0], texts[-1]) == (MOST_KEPT, b"1", b"1000")


def test_wrong_password_is_told_as_a_refusal(
    subscribed: Subscribed, rabbitmq: RabbitmqServer, settings: Any
) -> None:
    subscribed(react)
    register("desk")
    given(*happened(1))
    with used(settings, rabbitmq.url(rabbitmq.port).replace(":guest@", ":s3cret@")):
        Relay().step()

    told = RelayState.objects.get().broker_error
    assert "AccessRefused: the broker refuses" in told
    assert "s3cret" not in told


@pytest.mark.openssl
def test_certificates_are_verified(tmp_path: Path, settings: Any) -> None:
    authority, port = Authority(tmp_path), free_port()
    certificate, key = authority.certify("127.0.0.1")
    secure = RabbitmqServer(
        tmp_path / "server",
        f"listeners.ssl.1 = 127.0.0.1:{port}",
        f"ssl_options.cacertfile = {authority.file}",
        f"ssl_options.certfile = {certificate}",
        f"ssl_options.keyfile = {key}",
    )
    known = f"amqps://guest:guest@127.0.0.1:{port}/?ssl_ca_certs={authority.file}"
    unknown, other_name = known.partition("?")[0], known.replace("127.0.0.1", "localhost")
    try:
        secure.open()
        with used(settings, known), current_app.connection_for_write() as connection:
            assert connection.default_channel
        for stranger in (unknown, other_name):
            with (
                used(settings, stranger),
                current_app.connection_for_write() as connection,
                pytest.raises(OperationalError, match="CERTIFICATE_VERIFY_FAILED"),
            ):
                connection.ensure_connection(max_retries=1)
    finally:
        secure.close()
