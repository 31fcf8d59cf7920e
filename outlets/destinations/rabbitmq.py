"""RabbitMQ: a topic exchange, with an event's type as the routing key."""

from typing import Any

import amqp
from amqp.exceptions import AMQPError, MessageNacked

from outlets.cloudevents import CONTENT_TYPE, CloudEvent
from outlets.destinations.address import Address
from outlets.destinations.errors import DestinationUnavailable

CONNECT_WITHIN = 4
CONFIRMED_WITHIN = 8
"""Seconds."""
PERSISTENT = 2


class Connection:
    """A channel with publisher confirms. It declares the exchange: durable, of the type topic."""

    def __init__(self, address: Address) -> None:
        self._exchange = address.options["exchange"]
        self._connection = amqp.Connection(
            address.servers[0],
            userid=address.username or "guest",
            password=address.password or "guest",
            virtual_host=address.path or "/",
            ssl=_tls(address),
            connect_timeout=CONNECT_WITHIN,
            read_timeout=CONFIRMED_WITHIN,
            write_timeout=CONFIRMED_WITHIN,
        )
        try:
            self._connection.connect()
            self._channel = self._connection.channel()
            self._channel.confirm_select()
            self._channel.exchange_declare(self._exchange, "topic", durable=True, auto_delete=False)
        except (AMQPError, OSError) as error:
            self._connection.collect()
            raise DestinationUnavailable(
                f"RabbitMQ at {address} cannot be used: {type(error).__name__}: {error}"
            ) from error

    def send(self, event: CloudEvent) -> None:
        """As `outlets.destinations.connection.Connection.send`."""
        message = amqp.Message(
            event.encode(),
            content_type=CONTENT_TYPE,
            message_id=event.id,
            type=event.type,
            delivery_mode=PERSISTENT,
        )
        try:
            self._channel.basic_publish_confirm(
                message, self._exchange, event.type, confirm_timeout=CONFIRMED_WITHIN
            )
        except (AMQPError, MessageNacked, OSError) as error:
            raise DestinationUnavailable(
                f"RabbitMQ has not confirmed the event: {type(error).__name__}."
            ) from error

    def close(self) -> None:
        """Close the socket, without a farewell that would wait for an answer."""
        self._connection.collect()


def _tls(address: Address) -> dict[str, Any] | None:
    """Without the server's name py-amqp would not verify it."""
    if not address.tls:
        return None
    return {
        "server_hostname": address.hosts[0][0],
        "ca_certs": address.ca_file or None,
        "certfile": address.cert_file or None,
        "keyfile": address.key_file or None,
    }
