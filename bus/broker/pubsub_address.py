"""The address of a Google Pub/Sub: a project of a cloud, which needs no host and no password."""

import re
from dataclasses import dataclass
from typing import Any

from bus import extras
from bus.broker import url as broker_url
from bus.broker.url import BadAddress

EXAMPLE = "gcpubsub://projects/my-project"
PROJECT = re.compile(r"/[a-z0-9][a-z0-9.:-]{0,62}", re.ASCII)


@dataclass(frozen=True)
class PubsubAddress:
    """The one part of a `gcpubsub://projects/NAME` URL.

    Its credentials are the machine's, as Google's client finds them, for example by the variable
    GOOGLE_APPLICATION_CREDENTIALS. PUBSUB_EMULATOR_HOST leads to an emulator instead.
    """

    project: str

    kind = "Pub/Sub"
    has_broadcasts = False

    @classmethod
    def read(cls, url: str, *, password: str = "") -> "PubsubAddress":  # noqa: ARG003  as others
        """The project of a URL; there is nothing that a `password` could be for.

        Raises:
            BadAddress: it cannot be read, or has something that is not supported.
        """
        parts, options = broker_url.split(url, EXAMPLE)
        if parts.netloc != "projects" or not PROJECT.fullmatch(parts.path.rstrip("/")):
            raise BadAddress(
                f"names no project; write it like {EXAMPLE}, without a host, user or password."
            )
        for name in options:
            raise BadAddress(f"has the option {name}; the address of a Pub/Sub has none.")
        if lacking := extras.lack("pubsub", "google.pubsub_v1"):
            raise BadAddress(lacking)
        return cls(parts.path.strip("/"))

    def tls_options(self) -> dict[str, Any]:
        """Celery's `broker_use_ssl`: Google's client always verifies."""
        return {}

    def transport_options(self) -> dict[str, Any]:
        """Celery's `broker_transport_options`."""
        return {}

    def sender_options(self) -> dict[str, Any]:
        """The transport's options of a connection that only sends, and must not wait for long."""
        # Each call has its limit. The relay tries again by itself, and tells why it must.
        return {"max_retries": 0}

    def queue_arguments(self) -> dict[str, Any]:
        """How queues are declared."""
        return {}

    def message_options(self) -> dict[str, Any]:
        """How a message with deliveries is published."""
        return {}

    def url(self) -> str:
        """The URL, as `read` accepts it."""
        return f"gcpubsub://projects/{self.project}"

    def kombu_url(self) -> str:
        """Celery's `broker_url`."""
        return self.url()

    def __str__(self) -> str:
        """For messages."""
        return f"projects/{self.project}"
