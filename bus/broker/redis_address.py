"""The address of a Redis: read once into its parts, and written as each library expects it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import redis

from bus.broker import url as broker_url
from bus.broker.url import BadAddress, Login

EXAMPLE = "redis://:password@host:6379/0"
TCP = {"redis": False, "rediss": True}
"""Schemes of a TCP address, and whether it uses TLS."""
UNIX = ("unix", "redis+socket")
DATABASE_NUMBER = ("db", "virtual_host")
TRANSPORT_OPTIONS = {
    # Redelivers what a dead worker had reserved; correctness does not depend on it.
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # With the defaults a half-open connection blocks a worker for minutes.
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 10,
}


@dataclass(frozen=True)
class RedisAddress(Login):
    """The parts of `redis://`, `rediss://`, `unix://` and `redis+socket://` URLs, decoded."""

    host: str = "localhost"
    port: int = 6379
    path: str = ""
    database: int = 0

    kind = "Redis"
    has_broadcasts = True

    @classmethod
    def read(cls, url: str, *, password: str = "") -> "RedisAddress":
        """The parts of a URL; `password` is used if the URL has none.

        Raises:
            BadAddress: it cannot be read, or has something that is not supported.
        """
        parts, options = broker_url.split(url, EXAMPLE)
        if parts.scheme not in {*TCP, *UNIX}:
            raise BadAddress(f"is not the address of a Redis; write it like {EXAMPLE}.")
        server = broker_url.server(parts, EXAMPLE, host="localhost", port=6379, password=password)
        tls, path = TCP.get(parts.scheme, False), ""
        if parts.scheme in UNIX:
            path = unquote(f"{parts.hostname or ''}{parts.path}")
            if not path.startswith("/"):
                raise BadAddress(
                    f"names no socket; write it like {parts.scheme}:///path/to/redis.sock."
                )
        else:
            options.setdefault("db", parts.path.strip("/") or "0")
        database = take_database(options)
        files = broker_url.take_files(options, tls=tls)
        broker_url.refuse_others(options, DATABASE_NUMBER[0], tls=tls)
        return cls(path=path, database=database, tls=tls, **server, **files)

    def client(self, **options: Any) -> redis.Redis:
        """A client of this server."""
        return redis.Redis(**self.client_options(), **options)

    def client_options(self) -> dict[str, Any]:
        """Arguments of `redis.Redis`."""
        return {
            **({"unix_socket_path": self.path} if self.path else self._tcp()),
            "db": self.database,
            "username": self.username or None,
            "password": self.password or None,
            **({"ssl": True, **self.tls_options()} if self.tls else {}),
        }

    def _tcp(self) -> dict[str, Any]:
        return {"host": self.host, "port": self.port}

    def tls_options(self) -> dict[str, Any]:
        """Celery's `broker_use_ssl`; empty without TLS.

        Without it kombu would not verify the certificate of a `rediss://` server.
        """
        if not self.tls:
            return {}
        files = {option: getattr(self, name) or None for option, name in broker_url.FILES.items()}
        return {"ssl_cert_reqs": "required", "ssl_check_hostname": True, **files}

    def transport_options(self) -> dict[str, Any]:
        """Celery's `broker_transport_options`."""
        return dict(TRANSPORT_OPTIONS)

    def sender_options(self) -> dict[str, Any]:
        """The transport's options of a connection that only sends, and must not wait for long."""
        return {"socket_timeout": 2, "socket_connect_timeout": 2}

    def queue_arguments(self) -> dict[str, Any]:
        """How queues are declared."""
        return {}

    def message_options(self) -> dict[str, Any]:
        """How a message with deliveries is published."""
        return {}

    def url(self) -> str:
        """The URL, as `read` accepts it."""
        if self.path:
            return f"unix://{self.login()}{quote(self.path)}?db={self.database}"
        return self.kombu_url() + broker_url.query(self.files())

    def kombu_url(self) -> str:
        """Celery's `broker_url`; it needs `tls_options` beside it."""
        if self.path:
            return f"redis+socket://{self.login()}{quote(self.path)}?virtual_host={self.database}"
        host = f"{broker_url.host_of(self.host)}:{self.port}"
        return f"redis{'s' * self.tls}://{self.login()}{host}/{self.database}"

    def __str__(self) -> str:
        """Without user and password, for messages."""
        return self.path or f"{self.host}:{self.port}"


def take_database(options: dict[str, str]) -> int:
    """Take the number of the database out of a URL's options.

    Raises:
        BadAddress: it is no number.
    """
    numbers = [options.pop(name) for name in DATABASE_NUMBER if name in options]
    if not all(number.isascii() and number.isdigit() for number in numbers):
        raise BadAddress("must end in the number of a database, as in /0.")
    return int(numbers[-1]) if numbers else 0
