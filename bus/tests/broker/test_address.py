"""Each library finds the broker by the same parts, and nobody else's."""

import ssl
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

from bus import extras
from bus.broker import rabbitmq_address
from bus.broker import server as the_broker
from bus.broker.address import read
from bus.broker.rabbitmq_address import RabbitmqAddress
from bus.broker.redis_address import RedisAddress
from bus.broker.sentinel_address import SentinelAddress
from bus.broker.sqs_address import SqsAddress
from bus.broker.url import BadAddress
from bus.store.rescue import SENT_LEASE
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
        (
            "sentinel://:p%40@one:1,two,[::1]:3/2?master=shop",
            SentinelAddress(
                database=2, password="p@", master="shop",
                sentinels=(("one", 1), ("two", 26379), ("::1", 3)),
            ),
        ),
        ("amqp://", RabbitmqAddress()),
        (
            "amqp://me:p%40@host:1/a%2Fb",
            RabbitmqAddress("host", 1, "a/b", username="me", password="p@"),
        ),
        ("amqp://host/?queue_type=quorum", RabbitmqAddress("host", queue_type="quorum")),
        (
            "amqps://host/shop?ssl_ca_certs=/ca.pem",
            RabbitmqAddress("host", 5671, "shop", tls=True, ca_file="/ca.pem"),
        ),
        ("sqs://?region=eu-central-1", SqsAddress(region="eu-central-1")),
        (
            "sqs://KEY:s%2Fcret@?region=eu-central-1",
            SqsAddress(region="eu-central-1", username="KEY", password="s/cret"),
        ),
        ("sqs://host?region=eu-central-1", SqsAddress(region="eu-central-1", host="host")),
        (
            "sqs://KEY:pw@host:4566/?region=eu-central-1&tls=false",
            SqsAddress(
                region="eu-central-1", host="host", port=4566, tls=False,
                username="KEY", password="pw",
            ),
        ),
    ],
)  # fmt: skip
def test_address_survives_parsing_and_formatting(url: str, parts: Any) -> None:
    assert read(url) == parts
    assert read(parts.url()) == parts


def test_separate_password_completes_the_address() -> None:
    for url in ("redis://host", "sentinel://host?master=shop"):
        found: Any = read(url, password="p@")
        assert found.password == "p@"
    own: Any = read("redis://:own@host", password="p@")
    assert own.password == "own"


@pytest.mark.parametrize(
    "url",
    [
        "", "host:6379", "sqs://host", "redis+cluster://host", "http://host", "redis://host:0x1",
        "sentinel://:pw@host", "sentinel://:pw@host:port?master=shop", "amqp://me:pw@host:port",
        "sentinel://host/x?master=shop", "sentinel://host?master=shop&timeout=1",
        "amqp://host?queue_type=stream", "amqp://host?heartbeat=1", "amqp://me:pw#x@host",
        "amqp://host?ssl_ca_certs=/ca.pem", "amqps://host?ssl_cert_reqs=none",
        "redis://host:port", "redis://host/x", "redis://:pw#x@host", "redis://host?timeout=1",
        "redis://host?ssl_ca_certs=/ca.pem", "rediss://host?ssl_cert_reqs=none", "redis://host?db=",
        "sqs://?region=", "sqs://KEY@?region=a", "sqs://:pw@?region=a", "sqs://?region=a&tls=false",
        "sqs://host/queue?region=a", "sqs://?region=a&visibility_timeout=1", "sqs://host:x?region=a",
        "rediss://host?ssl_check_hostname=false", "rediss://host?ssl_ca_certs=ca.pem", "unix://",
    ],
)  # fmt: skip
def test_unusable_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        read(url)

    assert "pw" not in str(refusal.value)


def test_refusal_of_a_scheme_lists_the_supported_ones() -> None:
    with pytest.raises(BadAddress, match=r"begins with kafka://.* supported are redis, .*, amqps"):
        read("kafka://key:pw@host")


def test_address_whose_client_is_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _module: None)

    with pytest.raises(BadAddress, match=r"begins with sqs://, which needs boto3, .* EXTRAS=sqs"):
        read("sqs://?region=eu-central-1")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://me:s3cret@host/0", "host:6379"),
        ("sentinel://:s3cret@one,two:2?master=shop", "shop of the Sentinels one:26379, two:2"),
        ("amqp://me:s3cret@host/shop", "host:5672"),
        ("sqs://KEY:s3cret@?region=eu-central-1", "eu-central-1"),
        ("sqs://KEY:s3cret@host?region=eu-central-1", "host"),
    ],
)
def test_password_is_not_shown(url: str, shown: str) -> None:
    assert str(read(url)) == shown


def test_each_sentinel_is_named_to_kombu() -> None:
    urls = read("sentinel://:pw@one,two:2/3?master=shop").kombu_url()

    assert urls == "sentinel://:pw@one:26379/3;sentinel://:pw@two:2/3"


def test_server_of_a_tls_address_is_always_verified() -> None:
    options = read("amqps://host").tls_options()

    assert options["cert_reqs"] == ssl.CERT_REQUIRED
    assert options["server_hostname"] == "host"
    assert read("amqp://host").tls_options() == {}


def test_message_in_rabbitmq_lives_as_long_as_its_lease() -> None:
    assert SENT_LEASE.total_seconds() == rabbitmq_address.LIFE


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
        other_name = read(known.url().replace("127.0.0.1", "localhost"))
        for stranger in (unknown, other_name):
            used(stranger)
            with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
                the_broker.client().ping()
            with pytest.raises(OperationalError, match="CERTIFICATE_VERIFY_FAILED"):
                current_app.connection_for_write().ensure_connection(max_retries=1)
