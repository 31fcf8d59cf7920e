"""The address of Amazon SQS: read once into its parts, and written as kombu expects it."""

from dataclasses import dataclass
from typing import Any

from bus.broker import url as broker_url
from bus.broker.url import BadAddress, Login
from bus.extras import lack

EXAMPLE = "sqs://?region=eu-central-1"
TLS = {"true": True, "false": False}

WAIT = 10
"""Seconds for which SQS keeps a request open until there is a message. An idle worker polls, and is
charged, six times a minute."""

HIDDEN = 20
"""Seconds for which a message that was received is hidden from other workers. What a killed worker
had is received again then; one whose handler still runs is doubled, and fenced by its token."""

POLLING_INTERVAL = 0.02
"""Seconds from an empty answer to the next request, and from one look at a full prefetch to the
next: with kombu's second each worker would take two messages a second."""


@dataclass(frozen=True)
class SqsAddress(Login):
    """The parts of a `sqs://` URL, percent-decoded.

    User and password are an access key and its secret; without them those of the machine are used,
    as by every client of AWS. With a `host` the endpoint is that host's: of a private network, or
    what stands in for SQS on this machine, for which TLS may be switched off.
    """

    tls: bool = True
    host: str = ""
    port: int = 0
    region: str = ""

    kind = "Amazon SQS"
    has_broadcasts = False

    @classmethod
    def read(cls, url: str, *, password: str = "") -> "SqsAddress":  # noqa: ARG003  as the others
        """The parts of a URL. `password` is none of SQS: a key and its secret stand together.

        Raises:
            BadAddress: it cannot be read, or has something that is not supported.
        """
        parts, options = broker_url.split(url, EXAMPLE)
        server = broker_url.server(parts, EXAMPLE, host="", port=0, password="")
        region = options.pop("region", "")
        if not region:
            raise BadAddress(f"names no region; write it like {EXAMPLE}.")
        if bool(server["username"]) != bool(server["password"]):
            raise BadAddress(
                "has half of an access key; write sqs://KEY:SECRET@?region=..., or neither, to use "
                "what the machine has."
            )
        tls = options.pop("tls", "true").lower()
        if tls not in TLS or (not TLS[tls] and not server["host"]):
            raise BadAddress(
                f"has tls={tls}; write tls=false for an endpoint without TLS, as in "
                "sqs://KEY:SECRET@localhost:4566?region=...&tls=false, or leave it out."
            )
        if parts.path.strip("/"):
            raise BadAddress(
                f"has the path {parts.path}, which SQS does not know; queues are found by name."
            )
        broker_url.refuse_others(options, "region", "tls")
        if wanted := lack("sqs", "boto3", "pycurl"):
            raise BadAddress(f"begins with sqs://, which {wanted}")
        return cls(region=region, tls=TLS[tls], **server)

    def tls_options(self) -> dict[str, Any]:
        """Celery's `broker_use_ssl`: boto3 and curl always verify."""
        return {}

    def transport_options(self) -> dict[str, Any]:
        """Celery's `broker_transport_options`."""
        return self._options(read_timeout=5) | {
            "wait_time_seconds": WAIT,
            "visibility_timeout": HIDDEN,
            "polling_interval": POLLING_INTERVAL,
        }

    def sender_options(self) -> dict[str, Any]:
        """The transport's options of a connection that only sends, and must not wait for long."""
        # The relay tries again by itself, and tells why it must.
        return self._options(read_timeout=2) | {"max_retries": 0}

    def _options(self, *, read_timeout: int) -> dict[str, Any]:
        # A second try, for a connection that was idle for so long that AWS has closed it.
        retries = {"total_max_attempts": 2}
        client = {"connect_timeout": 2, "read_timeout": read_timeout, "retries": retries}
        return {"region": self.region, "is_secure": self.tls, "client-config": client}

    def queue_arguments(self) -> dict[str, Any]:
        """How queues are declared."""
        return {}

    def message_options(self) -> dict[str, Any]:
        """How a message with deliveries is published."""
        return {}

    def url(self) -> str:
        """The URL, as `read` accepts it."""
        tls = {} if self.tls else {"tls": "false"}
        return self.kombu_url() + broker_url.query({"region": self.region} | tls)

    def kombu_url(self) -> str:
        """Celery's `broker_url`."""
        return f"sqs://{self.login()}{self._endpoint()}"

    def _endpoint(self) -> str:
        port = f":{self.port}" if self.port else ""
        return broker_url.host_of(self.host) + port

    def __str__(self) -> str:
        """Without the key, for messages."""
        return self._endpoint() or self.region
