"""Each library finds Redis by the same parts, and nobody else's."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from kombu.exceptions import OperationalError

from bus.broker import server as the_broker
from bus.broker.address import BadAddress, RedisAddress
from tests.support.certificates import Authority
from tests.support.machine import part
from tests.support.servers import free_port


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("redis://", RedisAddress()),
        ("redis://host", RedisAddress("host")),
        ("redis://host:6380/3", RedisAddress("host", 6380, database=3)),
        ("redis://host?db=3", RedisAddress("host", database=3)),
        ("redis://:p%40%2F%3A@host/0", RedisAddress("host", password="p@/:")),
        ("redis://me:pw@[::1]:1/0", RedisAddress("::1", 1, username="me", password="pw")),
        ("rediss://host/1", RedisAddress("host", database=1, tls=True)),
        (
            "rediss://host?ssl_cert_reqs=required&ssl_ca_certs=/ca.pem&ssl_certfile=/c&ssl_keyfile=/k",
            RedisAddress("host", tls=True, ca_file="/ca.pem", cert_file="/c", key_file="/k"),
        ),
        ("rediss://host?ssl_cert_reqs=CERT_REQUIRED", RedisAddress("host", tls=True)),
        ("unix:///run/r.sock?db=2", RedisAddress(path="/run/r.sock", database=2)),
        (
            "redis+socket://:pw@/run/r.sock?virtual_host=2",
            RedisAddress(path="/run/r.sock", database=2, password="pw"),
        ),
    ],
)
def test_address_survives_parsing_and_formatting(url: str, parts: RedisAddress) -> None:
    assert RedisAddress.read(url) == parts
    assert RedisAddress.read(parts.url()) == parts


def test_separate_password_completes_the_address() -> None:
    assert RedisAddress.read("redis://host", password="p@").password == "p@"
    assert RedisAddress.read("redis://:own@host", password="p@").password == "own"


@pytest.mark.parametrize(
    "url",
    [
        "", "host:6379", "amqp://host", "sentinel://host", "redis+cluster://host", "http://host",
        "redis://host:port", "redis://host/x", "redis://:pw#x@host", "redis://host?timeout=1",
        "redis://host?ssl_ca_certs=/ca.pem", "rediss://host?ssl_cert_reqs=none", "redis://host?db=",
        "rediss://host?ssl_check_hostname=false", "rediss://host?ssl_ca_certs=ca.pem", "unix://",
    ],
)  # fmt: skip
def test_unusable_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        RedisAddress.read(url)

    assert "pw" not in str(refusal.value)


def test_password_is_not_shown() -> None:
    address = RedisAddress.read("redis://me:s3cret@host/0")

    assert str(address) == "host:6379"


@contextmanager
def server(folder: Path, *options: str, address: RedisAddress) -> Iterator[None]:
    binary = part("redis_server").path
    command = [str(binary), "--save", "", "--dir", str(folder), "--requirepass", "p@/#", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not _answers(address):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def _answers(address: RedisAddress) -> bool:
    try:
        with redis.Redis(**address.client_options()) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@pytest.fixture
def used(settings: Any) -> Iterator[Any]:
    """Lets the bus and Celery use an address, as config does."""
    conf = current_app.conf
    before = {name: conf[name] for name in ("broker_url", "broker_use_ssl", "broker_transport")}

    def use(address: RedisAddress) -> None:
        settings.BUS_REDIS_URL = address.url()
        conf.update(
            broker_url=address.kombu_url(),
            broker_use_ssl=address.tls_options(),
            broker_transport="bus.broker.transport:Transport",
        )

    yield use
    conf.update(before)


def carried(text: str) -> Any:
    """What comes out of a queue after it went in, over Celery's own connections."""
    with current_app.connection_for_write() as one, one.SimpleQueue("letters") as out:
        out.put(text)
    with current_app.connection_for_read() as other, other.SimpleQueue("letters") as back:
        return back.get(timeout=5).payload


@pytest.mark.redis_server
def test_unix_socket_works_with_both_libraries(tmp_path: Path, used: Any) -> None:
    address = RedisAddress(path=str(tmp_path / "a b.sock"), database=3, password="p@/#")
    with server(tmp_path, "--port", "0", "--unixsocket", address.path, address=address):
        used(address)

        the_broker.check()
        assert the_broker.client().ping()
        assert carried("by socket") == "by socket"
        with redis.Redis(unix_socket_path=address.path, db=3, password=address.password) as found:
            assert found.keys("_kombu*")


@pytest.mark.redis_server
@pytest.mark.openssl
def test_both_libraries_verify_tls_certificates(tmp_path: Path, used: Any) -> None:
    authority, port = Authority(tmp_path), free_port()
    certificate, key = authority.certify("127.0.0.1")
    known = RedisAddress("127.0.0.1", port, password="p@/#", tls=True, ca_file=str(authority.file))
    options = ["--port", "0", "--tls-port", str(port), "--tls-cert-file", str(certificate)]
    options += ["--tls-key-file", str(key), "--tls-auth-clients", "no"]
    options += ["--tls-ca-cert-file", str(authority.file)]
    with server(tmp_path, *options, address=known):
        used(known)
        assert carried("by TLS") == "by TLS"

        unknown = RedisAddress("127.0.0.1", port, password="p@/#", tls=True)
        other_name = RedisAddress.read(known.url().replace("127.0.0.1", "localhost"))
        for stranger in (unknown, other_name):
            used(stranger)
            with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
                the_broker.client().ping()
            with pytest.raises(OperationalError, match="CERTIFICATE_VERIFY_FAILED"):
                current_app.connection_for_write().ensure_connection(max_retries=1)
