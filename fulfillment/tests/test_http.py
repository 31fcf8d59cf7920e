"""Telling a warehouse that has a computer."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta

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


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(503), services.WarehouseUnavailable),
        (Reply(503, {"Retry-After": "90"}), TryLater),
        (Reply(422), services.WarehouseRefused),
    ],
)
def test_answer_is_an_error_of_the_warehouse(
    stub: HttpStub, shipment: Shipment, reply: Reply, error: type[Exception]
) -> None:
    stub.replies = [reply]

    with pytest.raises(error, match=f"WAREHOUSE_URL answered {reply.status}"):
        tell(shipment)


def test_call_ends_within_total_timeout(
    stub: HttpStub, shipment: Shipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fulfillment.warehouse.http.TOTAL_TIMEOUT", timedelta(seconds=0.4))
    stub.replies = [Reply(drip=lambda _socket: time.sleep(2))]
    started = time.monotonic()

    with pytest.raises(services.WarehouseUnavailable, match="Timeout"):
        tell(shipment)

    assert time.monotonic() - started < 1.5


def test_recall_carries_the_shipment_number_only(stub: HttpStub, shipment: Shipment) -> None:
    with services.warehouse() as warehouse:
        warehouse.recall(shipment, AT, "recall-8")

    [received] = stub.received
    assert verified(received)
    assert json.loads(received.body)["data"] == {
        "number": "SO-1",
        "order_id": str(shipment.order_id),
    }
