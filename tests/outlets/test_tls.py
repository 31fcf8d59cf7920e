"""Each destination is reached by TLS, and is verified by an authority of the operator's own."""

import ssl
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from outlets.destinations.errors import DestinationUnavailable
from outlets.destinations.kinds import KINDS, connection
from tests.outlets.events import cloud_events
from tests.outlets.stands import STANDS, TARGET, KafkaStand, NatsStand, RabbitmqStand, Stand
from tests.support.certificates import Authority
from tests.support.proxy import Proxy
from tests.support.servers import free_port

pytestmark = pytest.mark.openssl

HOST = "127.0.0.1"


def kafka(folder: Path, authority: Authority) -> tuple[Stand, str]:
    stand = KafkaStand(
        folder, authority.server(HOST), security_protocol="SSL", ssl_ca_location=str(authority.file)
    )
    return stand, f"kafkas://{stand.server}/{TARGET}?"


def nats(folder: Path, authority: Authority) -> tuple[Stand, str]:
    certificate, key = map(str, authority.certify(HOST))
    tls = ssl.create_default_context(cafile=str(authority.file))
    stand = NatsStand(folder, "--tls", "--tlscert", certificate, "--tlskey", key, tls=tls)
    return stand, f"tls://{HOST}:{stand.port}/{TARGET}?"


def rabbitmq(folder: Path, authority: Authority) -> tuple[Stand, str]:
    (certificate, key), port = authority.certify(HOST), free_port()
    stand = RabbitmqStand(
        folder,
        f"listeners.ssl.1 = {HOST}:{port}",
        f"ssl_options.cacertfile = {authority.file}",
        f"ssl_options.certfile = {certificate}",
        f"ssl_options.keyfile = {key}",
    )
    return stand, f"amqps://guest:guest@{HOST}:{port}/?exchange={TARGET}&"


def service(name: str) -> Callable[[Path, Authority], tuple[Stand, str]]:
    """A service of a cloud, whose stand-in speaks no TLS: a proxy in front of it does."""

    def made(folder: Path, authority: Authority) -> tuple[Stand, str]:
        stand: Any = STANDS[name](folder)
        before, _, port = stand.url.rpartition("http://127.0.0.1:")
        proxy = Proxy(int(port), authority.server(HOST))
        return stand, f"{before}https://{HOST}:{proxy.port}&"

    return made


SECURE = {
    "kafka": kafka,
    "nats": nats,
    "rabbitmq": rabbitmq,
    "sns": service("sns"),
    "sqs": service("sqs"),
    "pubsub": service("pubsub"),
}


def test_every_destination_is_here() -> None:
    assert SECURE.keys() == STANDS.keys() == KINDS.keys()


@pytest.mark.parametrize("name", SECURE)
def test_only_a_server_that_is_verified_gets_events(
    name: str, tmp_path: Path, settings: Any, google: object
) -> None:
    [event] = cloud_events()
    authority = Authority(tmp_path)

    def opened(url: str) -> Any:
        settings.OUTLETS = {**settings.OUTLETS, name: url}
        return connection(KINDS[name])

    with ExitStack() as stack:
        stand, url = SECURE[name](tmp_path / name, authority)
        stack.callback(stand.close)
        stand.open()
        known = f"{url}ssl_ca_certs={authority.file}"
        before, _host, after = known.rpartition(HOST)
        for stranger in (url.rstrip("?&"), f"{before}localhost{after}"):
            with pytest.raises(DestinationUnavailable), opened(stranger):
                pass

        with opened(known) as kept:
            kept.send(event)

        [received] = stand.received()
        assert received.event["id"] == event.id
