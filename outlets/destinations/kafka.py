"""Kafka: a topic, whose partition an order's number decides."""

import logging
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from outlets.cloudevents import CONTENT_TYPE, CloudEvent
from outlets.destinations.address import Address
from outlets.destinations.errors import DestinationRefused, DestinationUnavailable

log = logging.getLogger(__name__)

CONNECT_WITHIN = 4.0
"""Seconds."""
CONFIRMED_WITHIN = 8.0
"""Seconds; a call of an external handler has at most 20."""

ABOUT_THE_EVENT = (
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.INVALID_MSG_SIZE,
    KafkaError.INVALID_MSG,
    KafkaError.RECORD_LIST_TOO_LARGE,
)


def options_of(address: Address) -> dict[str, Any]:
    """The settings of librdkafka."""
    login = bool(address.username)
    options: dict[str, Any] = {
        "bootstrap.servers": ",".join(address.servers),
        "client.id": "shop",
        "security.protocol": ("SASL_" if login else "") + ("SSL" if address.tls else "PLAINTEXT"),
        # Retries inside one send neither double nor reorder; it implies acks=all.
        "enable.idempotence": True,
        "delivery.timeout.ms": int(CONFIRMED_WITHIN * 1000),
        "socket.timeout.ms": int(CONNECT_WITHIN * 1000),
        "reconnect.backoff.max.ms": 1000,
        # One event at a time: there is nothing to wait for.
        "linger.ms": 0,
        "allow.auto.create.topics": False,
    }
    if login:
        options["sasl.mechanism"] = address.options.get("sasl", "PLAIN")
        options["sasl.username"] = address.username
        options["sasl.password"] = address.password
    files = {
        "ssl.ca.location": address.ca_file,
        "ssl.certificate.location": address.cert_file,
        "ssl.key.location": address.key_file,
    }
    return options | {name: file for name, file in files.items() if file}


class Connection:
    """An idempotent producer. The topic must exist."""

    def __init__(self, address: Address) -> None:
        self._topic = address.path
        self._producer = Producer(options_of(address), logger=log)
        try:
            found = self._producer.list_topics(self._topic, timeout=CONNECT_WITHIN)
        except KafkaException as error:
            raise DestinationUnavailable(f"Kafka at {address} does not answer: {error}") from error
        if problem := found.topics[self._topic].error:
            raise DestinationUnavailable(
                f"Kafka at {address} has no topic {self._topic} for the shop ({problem.str()})."
            )

    def send(self, event: CloudEvent) -> None:
        """As `outlets.destinations.connection.Connection.send`."""
        answers: list[KafkaError | None] = []
        try:
            self._producer.produce(
                self._topic,
                event.encode(),
                key=event.subject,
                headers={"content-type": CONTENT_TYPE},
                on_delivery=lambda error, _message: answers.append(error),
            )
        except KafkaException as error:
            raise _judged(error.args[0]) from error
        # A second more than the producer itself waits, so that it says why.
        self._producer.flush(CONFIRMED_WITHIN + 1)
        if not answers:
            raise DestinationUnavailable("Kafka has not confirmed the event in time.")
        if answers[0] is not None:
            raise _judged(answers[0])

    def close(self) -> None:
        """Forget what is not confirmed, or it would go out later, after what is sent next."""
        self._producer.purge()
        self._producer.flush(1)


def _judged(error: KafkaError) -> Exception:
    if error.code() in ABOUT_THE_EVENT:
        return DestinationRefused(f"Kafka refuses the event: {error.str()}")
    return DestinationUnavailable(f"Kafka has not confirmed the event: {error.str()}")
