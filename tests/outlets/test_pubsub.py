"""Google Pub/Sub over HTTP: who the shop is to it, what it refuses, and beside gRPC."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bus.broker.pubsub_service import Service
from outlets.destinations.errors import DestinationRefused, DestinationUnavailable
from outlets.destinations.kinds import KINDS, connection
from tests.outlets.conftest import TOKEN
from tests.outlets.events import cloud_events
from tests.outlets.stands import TARGET, PubsubStand
from tests.support.certificates import Authority
from tests.support.http_stub import HttpStub, Reply
from tests.support.proxy import Proxy
from tests.support.pubsub import PROJECT

PUBSUB = KINDS["pubsub"]


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[PubsubStand]:
    found = PubsubStand(tmp_path / "pubsub")
    settings.OUTLETS = {**settings.OUTLETS, "pubsub": found.url}
    found.open()
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def answering() -> Iterator[HttpStub]:
    """A Pub/Sub that says yes to everything."""
    with HttpStub() as stub:
        stub.replies = [Reply(200, body=b"{}")]
        yield stub


def test_topic_that_does_not_exist_is_named(server: PubsubStand, settings: Any) -> None:
    settings.OUTLETS = {
        **settings.OUTLETS,
        "pubsub": server.url.replace(f"/{TARGET}?", "/nowhere?"),
    }

    with (
        pytest.raises(DestinationUnavailable, match=r"topic nowhere of .*: 404 NOT_FOUND"),
        connection(PUBSUB),
    ):
        pass


def test_event_that_is_too_large_is_refused(server: PubsubStand) -> None:
    [event] = cloud_events()
    large = msgspec.structs.replace(event, data={"text": "x" * 11_000_000})

    with connection(PUBSUB) as kept, pytest.raises(DestinationRefused, match="INVALID_ARGUMENT"):
        kept.send(large)


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_other_answers_are_tried_again(answering: HttpStub, settings: Any, status: int) -> None:
    settings.OUTLETS = {**settings.OUTLETS, "pubsub": url(answering)}
    answering.replies = [Reply(200, body=b"{}"), Reply(status, body=b"not JSON")]
    [event] = cloud_events()

    with (
        connection(PUBSUB) as kept,
        pytest.raises(DestinationUnavailable, match=f"not confirmed the event: {status}"),
    ):
        kept.send(event)


def test_who_may_publish_alone_may_not_look_at_the_topic(
    answering: HttpStub, settings: Any
) -> None:
    settings.OUTLETS = {**settings.OUTLETS, "pubsub": url(answering)}
    answering.replies = [Reply(403, body=b"{}"), Reply(200, body=b"{}")]
    [event] = cloud_events()

    with connection(PUBSUB) as kept:
        kept.send(event)

    assert len(answering.received) == 2


@pytest.mark.openssl
def test_token_is_sent_by_tls_alone(
    answering: HttpStub, google: HttpStub, settings: Any, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    proxy = Proxy(int(answering.url.rpartition(":")[2].strip("/")), authority.server("127.0.0.1"))
    by_tls = f"pubsub://{PROJECT}/{TARGET}?endpoint=https://127.0.0.1:{proxy.port}"
    [event] = cloud_events()
    for address in (f"{by_tls}&ssl_ca_certs={authority.file}", url(answering)):
        settings.OUTLETS = {**settings.OUTLETS, "pubsub": address}
        with connection(PUBSUB) as kept:
            kept.send(event)

    said = [one.headers.get("authorization") for one in answering.received]
    assert said == [f"Bearer {TOKEN}", f"Bearer {TOKEN}", None, None]
    assert len(google.received) == 1


@pytest.mark.openssl
def test_refused_login_is_unavailable_and_says_nothing_of_the_key(
    google: HttpStub, settings: Any
) -> None:
    settings.OUTLETS = {**settings.OUTLETS, "pubsub": f"pubsub://{PROJECT}/{TARGET}"}
    google.replies = [Reply(400, body=json.dumps({"error": "invalid_grant"}).encode())]

    with pytest.raises(DestinationUnavailable, match="RefreshError") as refused, connection(PUBSUB):
        pass

    assert "PRIVATE KEY" not in str(refused.value)


def test_missing_credentials_are_unavailable(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/missing/key.json")
    settings.OUTLETS = {**settings.OUTLETS, "pubsub": f"pubsub://{PROJECT}/unasked"}

    with pytest.raises(DestinationUnavailable, match="/missing/key"), connection(PUBSUB):
        pass


def test_forked_process_sends_beside_a_parent_that_calls_grpc(server: PubsubStand) -> None:
    first, second, third = cloud_events(each=3)
    broker = Service(PROJECT, "", emulator=f"127.0.0.1:{server.port}")
    broker.ping()
    waiting = broker.pull("empty", 1)
    with connection(PUBSUB) as kept:
        kept.send(first)
        child = os.fork()
        if child == 0:
            try:
                kept.send(second)
            except BaseException:
                os._exit(1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        kept.send(third)
    waiting.cancel()
    broker.close()

    ids = [one.event["id"] for one in server.received()]
    assert ids == [first.id, second.id, third.id]


def test_destination_loads_no_grpc() -> None:
    script = (
        "import django, sys; django.setup(); import outlets.destinations.pubsub; "
        "sys.exit('grpc' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def url(stub: HttpStub) -> str:
    return f"pubsub://{PROJECT}/{TARGET}?endpoint={stub.url}"
