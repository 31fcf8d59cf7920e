"""The kinds of destinations, and those that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from django.conf import settings

from bus.extras import lack
from outlets.destinations.address import Address, Spelling
from outlets.destinations.connection import Kept


@dataclass(frozen=True)
class Kind:
    """`module` of this package opens its connections, by `client`, a module that `extra` brings if
    the shop itself does not."""

    name: str
    spelling: Spelling
    module: str
    client: str
    extra: str = ""

    @property
    def setting(self) -> str:
        return f"OUTLET_{self.name.upper()}_URL"

    @property
    def lacks(self) -> str:
        """What to do if its client is not installed, as `bus.extras.lack` says it.

        It is looked for, and not imported: some take a second.
        """
        return lack(self.extra, self.client)


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "kafka",
            Spelling(
                "kafka://host1:9092,host2:9092/topic",
                {"kafka": 9092, "kafkas": 9093},
                path=r"[\w.-]{1,249}",
                options={"sasl": ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")},
                several_hosts=True,
            ),
            module="kafka",
            client="confluent_kafka",
            extra="kafka",
        ),
        Kind(
            "nats",
            Spelling(
                "nats://host1:4222,host2:4222/stream",
                {"nats": 4222, "tls": 4222},
                path=r"[\w-]{1,200}",
                options={"creds": ()},
                files=("creds",),
                several_hosts=True,
            ),
            module="nats",
            client="nats",
            extra="nats",
        ),
        Kind(
            "rabbitmq",
            Spelling(
                "amqp://user:password@host:5672/vhost?exchange=shop",
                {"amqp": 5672, "amqps": 5671},
                options={"exchange": ()},
                needs=("exchange",),
            ),
            module="rabbitmq",
            client="amqp",
        ),
        *(
            Kind(
                service,
                Spelling(
                    f"{service}://eu-central-1/123456789012/shop.fifo",
                    {service: 443},
                    host=r"[a-z]+(-[a-z]+)+-\d+",
                    path=r"\d{12}/[\w-]{1,250}(\.fifo)?",
                    options={"endpoint": ()},
                    urls=("endpoint",),
                ),
                module="aws",
                client="boto3",
                extra="sqs",
            )
            for service in ("sns", "sqs")
        ),
        Kind(
            "pubsub",
            Spelling(
                "pubsub://my-project/topic",
                {"pubsub": 443},
                host=r"[a-z][a-z0-9-]*",
                path=r"[A-Za-z][\w.~+%-]{2,254}",
                options={"endpoint": ()},
                urls=("endpoint",),
                has_login=False,
            ),
            module="pubsub",
            client="google.auth",
            extra="pubsub",
        ),
    )
}


def configured() -> list[Kind]:
    """Those whose setting is not empty."""
    return [kind for kind in KINDS.values() if settings.OUTLETS[kind.name]]


def address(kind: Kind) -> Address:
    """What its setting says.

    Raises:
        BadAddress: it cannot be read.
    """
    return Address.read(settings.OUTLETS[kind.name], kind.spelling)


@cache
def _kept(name: str, url: str) -> Kept:
    kind = KINDS[name]
    found = Address.read(url, kind.spelling)
    # Here, so that a shop needs only the clients of its own destinations.
    module = import_module(f"outlets.destinations.{kind.module}")
    return Kept(lambda: module.Connection(found))


@contextmanager
def connection(kind: Kind) -> Iterator[Kept]:
    """The connection of this process to the destination; it stays open for the next message.

    Raises:
        DestinationUnavailable: it does not answer.
    """
    kept = _kept(kind.name, settings.OUTLETS[kind.name])
    kept.ready()
    yield kept
