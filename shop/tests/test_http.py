"""Calls to a service over real HTTP, and what its answers mean."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from bus import TryLater
from shop.http import LONGEST_ANSWER, ServiceRefused, ServiceUnavailable, http_service
from tests.support.http_stub import HttpStub, Reply


@pytest.fixture
def stub(settings: Settings) -> Iterator[HttpStub]:
    with HttpStub() as running:
        settings.SCORING_URL = running.url
        yield running


def call(timeout: timedelta = timedelta(seconds=20)) -> bytes:
    with http_service("SCORING_URL", timeout) as service:
        return service.post(b"{}", "score-7", {"authorization": "Bearer token"})


def test_request_has_key_and_headers(stub: HttpStub) -> None:
    call()

    [received] = stub.received
    assert received.json == {}
    assert received.headers["content-type"] == "application/json"
    assert received.headers["idempotency-key"] == "score-7"
    assert received.headers["authorization"] == "Bearer token"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_accepted(stub: HttpStub, status: int) -> None:
    content = b"" if status == 204 else b'{"score": 7}'
    stub.replies = [Reply(status, body=content)]

    assert call() == content


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_pauses_the_subscription(stub: HttpStub, status: int) -> None:
    stub.replies = [Reply(status, {"Retry-After": "90"})]

    with pytest.raises(TryLater) as asked:
        call()

    assert asked.value.wait == timedelta(seconds=90)


def test_retry_after_may_be_a_date(stub: HttpStub) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    stub.replies = [Reply(503, {"Retry-After": until})]

    with pytest.raises(TryLater) as asked:
        call()

    assert timedelta(minutes=4) < asked.value.wait <= timedelta(minutes=5)


@pytest.mark.parametrize("pause", ["99999999999999999999", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_pause_is_six_hours_at_most(stub: HttpStub, pause: str) -> None:
    stub.replies = [Reply(429, {"Retry-After": pause})]

    with pytest.raises(TryLater) as asked:
        call()

    assert asked.value.wait == timedelta(hours=6)


@pytest.mark.parametrize("pause", ["soon", "Fri, 31 Dec 99999999999 23:59:59 GMT"])
@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_temporary_failures_are_retried(stub: HttpStub, status: int, pause: str) -> None:
    stub.replies = [Reply(status, {"Retry-After": pause})]

    with pytest.raises(ServiceUnavailable, match=str(status)):
        call()


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_refusal_names_status_without_content(stub: HttpStub, status: int) -> None:
    stub.replies = [Reply(status, body=b"Ada Lovelace is unknown")]

    with pytest.raises(ServiceRefused, match=str(status)) as refused:
        call()

    assert "Ada" not in str(refused.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(stub: HttpStub, status: int) -> None:
    stub.replies = [Reply(status, {"Location": stub.url})]

    with pytest.raises(ServiceRefused, match="not followed"):
        call()

    assert len(stub.received) == 1


def test_refused_connection_is_retried(settings: Settings) -> None:
    with HttpStub() as gone:
        settings.SCORING_URL = gone.url

    with pytest.raises(ServiceUnavailable, match="ConnectError"):
        call()


def silence(_socket: Any) -> None:
    time.sleep(2)


def one_byte_at_a_time(socket: Any) -> None:
    for byte in b"HTTP/1.1 204 No Content\r\n" * 3:
        try:
            socket.write(bytes([byte]))
        except OSError:
            return
        time.sleep(0.05)


@pytest.mark.parametrize("drip", [silence, one_byte_at_a_time])
def test_slow_answer_is_cut_off_by_total_timeout(
    stub: HttpStub,
    drip: Callable[[Any], None],
) -> None:
    stub.replies = [Reply(drip=drip)]
    started = time.monotonic()

    with pytest.raises(ServiceUnavailable, match="Timeout"):
        call(timedelta(seconds=0.4))

    assert time.monotonic() - started < 1.5


def test_endless_answer_is_cut_off(stub: HttpStub) -> None:
    written = 0

    def flood(socket: Any) -> None:
        nonlocal written
        socket.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        try:
            while written < 10**8:
                written += socket.write(b"x" * 65536)
        except OSError:
            pass

    stub.replies = [Reply(drip=flood)]

    assert len(call()) == LONGEST_ANSWER
    assert written < 10**8


@pytest.mark.parametrize(
    "address", ["", "scoring.example", "ftp://scoring.example", "http://", "http://[::"]
)
def test_wrong_address_names_its_setting(settings: Settings, address: str) -> None:
    settings.SCORING_URL = address

    with pytest.raises(ValueError, match="SCORING_URL must begin"):
        call()
