"""The brokers that a campaign can run on, by their names."""

from collections.abc import Callable
from pathlib import Path

from tests.support.certificates import Authority
from tests.support.datastores import RedisServer
from tests.support.machine import part
from tests.support.pubsub import PubsubServer
from tests.support.rabbitmq import RabbitmqServer
from tests.support.sentinels import Sentinels
from tests.support.servers import free_port
from tests.support.sqs import SqsServer


class NoBroker:
    """What a shop without a broker has of one: nothing that runs or could be hurt."""

    def __init__(self, _folder: Path) -> None:
        self.front = free_port()

    def url(self, _port: int) -> str:
        return "none"

    def open(self) -> None: ...
    def close(self) -> None: ...
    def heal(self) -> None: ...


Broker = RedisServer | Sentinels | RabbitmqServer | SqsServer | PubsubServer | NoBroker


class SecureRedis(RedisServer):
    """A Redis that the shop reaches by TLS, with a certificate of an authority of one's own."""

    def __init__(self, folder: Path) -> None:
        keys = folder.with_name("keys")
        keys.mkdir()
        authority = Authority(keys)
        certificate, key = authority.certify("127.0.0.1")
        self.authority = authority.file
        self._front = free_port()
        options = {
            "tls-port": self._front,
            "tls-cert-file": certificate,
            "tls-key-file": key,
            "tls-ca-cert-file": authority.file,
            "tls-auth-clients": "no",
        }
        super().__init__(
            folder, *(word for name, value in options.items() for word in (f"--{name}", str(value)))
        )
        self.command[0] = str(part("redis_server").path)  # it speaks TLS

    @property
    def front(self) -> int:
        return self._front

    def url(self, port: int) -> str:
        return f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={self.authority}"


class SocketRedis(RedisServer):
    """A Redis that the shop reaches by a Unix socket."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "--unixsocket", str(folder / "redis.sock"))

    def url(self, _port: int) -> str:
        return f"unix://{self.folder}/redis.sock?db=0"


class QuorumRabbitmq(RabbitmqServer):
    """A RabbitMQ whose queues with deliveries are quorum queues."""

    def url(self, port: int) -> str:
        return f"{super().url(port)}?queue_type=quorum"


BROKERS: dict[str, Callable[[Path], Broker]] = {
    "redis": RedisServer,
    "rediss": SecureRedis,
    "unix": SocketRedis,
    "sentinel": Sentinels,
    "rabbitmq": RabbitmqServer,
    "rabbitmq-quorum": QuorumRabbitmq,
    "sqs": SqsServer,
    "pubsub": PubsubServer,
    "none": NoBroker,
}
FAMILIES = {"rediss": "redis", "unix": "redis", "rabbitmq-quorum": "rabbitmq"}
"""Brokers that can be hurt like another one."""


def settings(broker: Broker, port: int) -> dict[str, str]:
    """What leads the shop to this broker, through this port."""
    if isinstance(broker, PubsubServer):
        return broker.settings(port)
    return {"BROKER_URL": broker.url(port)}


def broker_for(name: str, folder: Path) -> Broker:
    """A broker that does not run yet, with its files in a folder of its own."""
    return BROKERS[name](folder / FAMILIES.get(name, name))
