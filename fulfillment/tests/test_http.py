"""Telling a warehouse that has a computer."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from pytest_django.fixtures import Settings

from bus import TryLater
from fulfillment import services
from fulfillment.models import Shipment
from shop.testing import placed
from tests.support.http_stub import HttpStub, Received, Reply

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


@pytest.fixture
def shipment() -> Shipment:
    services.open_shipment([placed("SO-1", CUP=2)])
    return Shipment.objects.get()


def tell(shipment: Shipment, times: int = 1) -> None:
    with services.warehouse() as warehouse:
        for _time in range(times):
            warehouse.release(shipment, AT, "release-7")


def verified(received: Received) -> bool:
    """The check that the standard's receivers do."""
    key, timestamp = received.headers["webhook-id"], received.headers["webhook-timestamp"]
    content = f"{key}.{timestamp}.".encode() + received.body
    expected = base64.b64encode(hmac.new(SECRET, content, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(timestamp)) < 60
    return fresh and received.headers["webhook-signature"] == f"v1,{expected}"


def test_warehouse_gets_recipient_and_lines_signed(stub: HttpStub, shipment: Shipment) -> None:
    tell(shipment)

    [received] = stub.received
    assert verified(received)
    place = {"line1": "Weg 1", "line2": "im Hof", "postal_code": "10115", "city": "Berlin"}
    assert received.json == {
        "type": "shipment.released",
        "timestamp": "2026-11-23T12:00:00+00:00",
        "data": {
            "number": "SO-1",
            "order_id": str(shipment.order_id),
            "recipient": {
                "name": "Ada Lovelace",
                "address": place | {"region": "", "country": "DE"},
                "label": ["Ada Lovelace", "Weg 1", "im Hof", "10115 Berlin", "GERMANY"],
            },
            "lines": [{"sku": "CUP", "name": "A CUP", "quantity": 2}],
        },
    }


def test_changed_body_or_another_secret_does_not_verify(
    stub: HttpStub, shipment: Shipment, settings: Settings
) -> None:
    tell(shipment)
    settings.WAREHOUSE_SECRET = "another"
    tell(shipment)

    genuine, foreign = stub.received
    changed = Received(genuine.headers, genuine.body.replace(b"CUP", b"POT"), genuine.peer)
    assert not verified(changed)
    assert not verified(foreign)


def test_every_try_has_same_key_body_and_connection(stub: HttpStub, shipment: Shipment) -> None:
    tell(shipment, times=3)

    assert {one.headers["webhook-id"] for one in stub.received} == {"release-7"}
    assert {one.headers["idempotency-key"] for one in stub.received} == {"release-7"}
    assert len({one.body for one in stub.received}) == 1
    assert len({one.peer for one in stub.received}) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_accepted(stub: HttpStub, shipment: Shipment, status: int) -> None:
    stub.replies = [Reply(status)]

    tell(shipment)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_pauses_the_subscription(
    stub: HttpStub, shipment: Shipment, status: int
) -> None:
    stub.replies = [Reply(status, {"Retry-After": "90"})]

    with pytest.raises(TryLater) as asked:
        tell(shipment)

    assert asked.value.wait == timedelta(seconds=90)


def test_retry_after_may_be_a_date(stub: HttpStub, shipment: Shipment) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    stub.replies = [Reply(503, {"Retry-After": until})]

    with pytest.raises(TryLater) as asked:
        tell(shipment)

    assert timedelta(minutes=4) < asked.value.wait <= timedelta(minutes=5)


@pytest.mark.parametrize("pause", ["99999999999999999999", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_pause_is_six_hours_at_most(stub: HttpStub, shipment: Shipment, pause: str) -> None:
    stub.replies = [Reply(429, {"Retry-After": pause})]

    with pytest.raises(TryLater) as asked:
        tell(shipment)

    assert asked.value.wait == timedelta(hours=6)


@pytest.mark.parametrize("pause", ["soon", "Fri, 31 Dec 99999999999 23:59:59 GMT"])
@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_temporary_failures_are_retried(
    stub: HttpStub, shipment: Shipment, status: int, pause: str
) -> None:
    stub.replies = [Reply(status, {"Retry-After": pause})]

    with pytest.raises(services.WarehouseUnavailable, match=str(status)):
        tell(shipment)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_refusal_names_status_without_content(
    stub: HttpStub, shipment: Shipment, status: int
) -> None:
    stub.replies = [Reply(status, body=b"Ada Lovelace is unknown")]

    with pytest.raises(services.WarehouseRefused, match=str(status)) as refused:
        tell(shipment)

    assert "Ada" not in str(refused.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(stub: HttpStub, shipment: Shipment, status: int) -> None:
    stub.replies = [Reply(status, {"Location": stub.url})]

    with pytest.raises(services.WarehouseRefused, match="not followed"):
        tell(shipment)

    assert len(stub.received) == 1


def test_refused_connection_is_retried(shipment: Shipment, settings: Settings) -> None:
    with HttpStub() as gone:
        settings.WAREHOUSE_URL = gone.url

    with pytest.raises(services.WarehouseUnavailable, match="ConnectError"):
        tell(shipment)


def silence(_socket: object) -> None:
    time.sleep(2)


def one_byte_at_a_time(socket: object) -> None:
    for byte in b"HTTP/1.1 204 No Content\r\n" * 3:
        try:
            socket.write(bytes([byte]))
        except OSError:
            return
        time.sleep(0.05)


@pytest.mark.parametrize("drip", [silence, one_byte_at_a_time])
def test_slow_answer_is_cut_off_by_total_timeout(
    stub: HttpStub,
    shipment: Shipment,
    monkeypatch: pytest.MonkeyPatch,
    drip: Callable[[object], None],
) -> None:
    monkeypatch.setattr("fulfillment.warehouse.http.TOTAL_TIMEOUT", timedelta(seconds=0.4))
    stub.replies = [Reply(drip=drip)]
    started = time.monotonic()

    with pytest.raises(services.WarehouseUnavailable, match="Timeout"):
        tell(shipment)

    assert time.monotonic() - started < 1.5


def test_endless_answer_is_cut_off(stub: HttpStub, shipment: Shipment) -> None:
    written = 0

    def flood(socket: object) -> None:
        nonlocal written
        socket.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        try:
            while written < 10**8:
                written += socket.write(b"x" * 65536)
        except OSError:
            pass

    stub.replies = [Reply(drip=flood)]

    tell(shipment)

    assert written < 10**8


def test_address_without_http_names_its_setting(shipment: Shipment, settings: Settings) -> None:
    settings.WAREHOUSE_URL = "ftp://warehouse.example"

    with pytest.raises(ValueError, match="WAREHOUSE_URL must begin"):
        tell(shipment)


def test_recall_carries_the_shipment_number_only(stub: HttpStub, shipment: Shipment) -> None:
    with services.warehouse() as warehouse:
        warehouse.recall(shipment, AT, "recall-8")

    [received] = stub.received
    assert verified(received)
    assert json.loads(received.body)["data"] == {
        "number": "SO-1",
        "order_id": str(shipment.order_id),
    }
