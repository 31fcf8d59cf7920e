"""The address of a RabbitMQ: read once into its parts, and written as kombu expects it."""

import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from bus.broker import url as broker_url
from bus.broker.url import BadAddress, Login

EXAMPLE = "amqp://user:password@host:5672/project"
PORTS = {"amqp": 5672, "amqps": 5671}
QUEUE_TYPES = ("classic", "quorum")

SENDER_TIMEOUT = 2
"""Seconds for which a relay waits for any answer; a worker's connection has no such limit."""

LIFE = 120
"""Seconds after which a message in a queue is dropped: the lease of its deliveries is over then,
and the relay has sent them anew. So the queue of a worker that is away does not grow."""


@dataclass(frozen=True)
class RabbitmqAddress(Login):
    """The parts of `amqp://` and `amqps://` URLs, percent-decoded.

    `queue_type` is that of the queues with deliveries: quorum queues survive the loss of one of
    three servers, and cost more.
    """

    host: str = "localhost"
    port: int = 5672
    virtual_host: str = "/"
    queue_type: str = QUEUE_TYPES[0]

    kind = "RabbitMQ"
    has_broadcasts = True

    @classmethod
    def read(cls, url: str, *, password: str = "") -> "RabbitmqAddress":
        """The parts of a URL; `password` is used if the URL has none.

        Raises:
            BadAddress: it cannot be read, or has something that is not supported.
        """
        parts, options = broker_url.split(url, EXAMPLE)
        if parts.scheme not in PORTS:
            raise BadAddress(f"is not the address of a RabbitMQ; write it like {EXAMPLE}.")
        tls = parts.scheme == "amqps"
        server = broker_url.server(
            parts, EXAMPLE, host="localhost", port=PORTS[parts.scheme], password=password
        )
        queue_type = options.pop("queue_type", QUEUE_TYPES[0])
        if queue_type not in QUEUE_TYPES:
            raise BadAddress(f"has queue_type={queue_type}; write {' or '.join(QUEUE_TYPES)}.")
        files = broker_url.take_files(options, tls=tls)
        broker_url.refuse_others(options, "queue_type", tls=tls)
        virtual_host = unquote(parts.path.removeprefix("/")) or "/"
        return cls(virtual_host=virtual_host, queue_type=queue_type, tls=tls, **server, **files)

    def tls_options(self) -> dict[str, Any]:
        """Celery's `broker_use_ssl`; empty without TLS.

        Without the server's name py-amqp would not verify it.
        """
        if not self.tls:
            return {}
        return {
            "cert_reqs": ssl.CERT_REQUIRED,
            "server_hostname": self.host,
            "ca_certs": self.ca_file or None,
            "certfile": self.cert_file or None,
            "keyfile": self.key_file or None,
        }

    def transport_options(self) -> dict[str, Any]:
        """Celery's `broker_transport_options`: arguments of py-amqp's connection."""
        return {}

    def sender_options(self) -> dict[str, Any]:
        """The transport's options of a connection that only sends, and must not wait for long."""
        timeouts = {"read_timeout": SENDER_TIMEOUT, "write_timeout": SENDER_TIMEOUT}
        # The relay tries again by itself, and tells why it must.
        return timeouts | {"max_retries": 0}

    def queue_arguments(self) -> dict[str, Any]:
        """How queues are declared. A queue that has another type already is refused."""
        return {"x-queue-type": self.queue_type}

    def message_options(self) -> dict[str, Any]:
        """How a message with deliveries is published."""
        return {"expiration": LIFE}

    def url(self) -> str:
        """The URL, as `read` accepts it."""
        queue_type = {} if self.queue_type == QUEUE_TYPES[0] else {"queue_type": self.queue_type}
        return self.kombu_url() + broker_url.query(queue_type | self.files())

    def kombu_url(self) -> str:
        """Celery's `broker_url`; it needs `tls_options` beside it."""
        host = f"{broker_url.host_of(self.host)}:{self.port}"
        return f"amqp{'s' * self.tls}://{self.login()}{host}/{quote(self.virtual_host, safe='')}"

    def __str__(self) -> str:
        """Without user and password, for messages."""
        return f"{self.host}:{self.port}"
