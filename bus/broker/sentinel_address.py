"""The address of a Redis behind Sentinels, which say which server is the master."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import redis
from redis.sentinel import Sentinel

from bus.broker import url as broker_url
from bus.broker.redis_address import TRANSPORT_OPTIONS, RedisAddress, take_database
from bus.broker.url import BadAddress

EXAMPLE = "sentinel://:password@host1:26379,host2:26379,host3:26379/0?master=main"
PORT = 26379
ASKED = {"socket_timeout": 1, "socket_connect_timeout": 1}
"""How long a Sentinel is waited for before the next is asked, in seconds."""


@dataclass(frozen=True)
class SentinelAddress(RedisAddress):
    """The parts of a `sentinel://` URL. User and password are those of Redis.

    `sentinels` are hosts and ports, tried in turn; `master` is the name of the master they watch.
    """

    sentinels: tuple[tuple[str, int], ...] = ()
    master: str = ""

    @classmethod
    def read(cls, url: str, *, password: str = "") -> "SentinelAddress":
        """The parts of a URL; `password` is used if the URL has none.

        Raises:
            BadAddress: it cannot be read, or has something that is not supported.
        """
        parts, options = broker_url.split(url, EXAMPLE)
        login, _, hosts = parts.netloc.rpartition("@")
        username, _, own_password = login.partition(":")
        master = options.pop("master", "")
        if not master:
            raise BadAddress(f"names no master; write it like {EXAMPLE}.")
        options.setdefault("db", parts.path.strip("/") or "0")
        database = take_database(options)
        broker_url.refuse_others(options, "master", "db")
        sentinels = tuple(_sentinel(host) for host in hosts.split(","))
        return cls(
            username=unquote(username),
            password=unquote(own_password) or password,
            database=database,
            sentinels=sentinels,
            master=master,
        )

    def client(self, **options: Any) -> redis.Redis:
        """A client of the server that is the master whenever a connection is opened."""
        found: Any = Sentinel(  # type: ignore[no-untyped-call]  # redis-py has no types for it
            list(self.sentinels),
            sentinel_kwargs=dict(ASKED),
            db=self.database,
            username=self.username or None,
            password=self.password or None,
            **options,
        )
        client: redis.Redis = found.master_for(self.master)
        return client

    def transport_options(self) -> dict[str, Any]:
        """Celery's `broker_transport_options`."""
        of_sentinel = {"master_name": self.master, "sentinel_kwargs": dict(ASKED)}
        return TRANSPORT_OPTIONS | of_sentinel

    def url(self) -> str:
        """The URL, as `read` accepts it."""
        hosts = ",".join(f"{broker_url.host_of(host)}:{port}" for host, port in self.sentinels)
        options = broker_url.query({"master": self.master})
        return f"sentinel://{self.login()}{hosts}/{self.database}{options}"

    def kombu_url(self) -> str:
        """Celery's `broker_url`: one URL for each Sentinel."""
        return ";".join(
            f"sentinel://{self.login()}{broker_url.host_of(host)}:{port}/{self.database}"
            for host, port in self.sentinels
        )

    def __str__(self) -> str:
        """Without user and password, for messages."""
        hosts = ", ".join(f"{host}:{port}" for host, port in self.sentinels)
        return f"{self.master} of the Sentinels {hosts}"


def _sentinel(text: str) -> tuple[str, int]:
    """Host and port of one Sentinel.

    Raises:
        BadAddress: it cannot be read.
    """
    parts, _options = broker_url.split(f"sentinel://{text}", EXAMPLE)
    found = broker_url.server(parts, EXAMPLE, host="localhost", port=PORT, password="")
    return found["host"], found["port"]
