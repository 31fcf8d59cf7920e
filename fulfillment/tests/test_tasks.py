"""The handlers of fulfilment, through the bus, to a warehouse on loopback."""

import pytest

from bus.models import Delivery
from bus.selectors import history
from bus.testing import end_waits, given, settle, state_of
from fulfillment.models import Shipment
from shop.events import ShipmentReleased
from shop.testing import cancelled, placed, reserved
from tests.support.http_stub import HttpStub, Reply

pytestmark = pytest.mark.django_db(transaction=True)

RELEASE = "fulfillment.tasks.release_shipment"
RECALL = "fulfillment.tasks.recall_shipment"


def settle_later() -> None:
    """Let the waits be over."""
    end_waits()
    settle("fulfillment")


def test_shipments_are_released_over_one_connection_and_each_is_published(
    stub: HttpStub,
) -> None:
    numbers = ["SO-1", "SO-2", "SO-3"]
    given(*(placed(number, CUP=1) for number in numbers))
    settle("fulfillment")
    given(*map(reserved, numbers))

    settle("fulfillment")

    assert [one.json["data"]["number"] for one in stub.received] == numbers
    assert len({one.peer for one in stub.received}) == 1
    assert len({one.headers["webhook-id"] for one in stub.received}) == 3
    assert [event.number for _id, event in history(ShipmentReleased)] == numbers


def test_release_is_retried_with_the_same_key(stub: HttpStub) -> None:
    stub.replies = [Reply(500), Reply(429, {"Retry-After": "3600"}), Reply(200)]
    given(placed("SO-1", CUP=1), reserved("SO-1"))

    settle("fulfillment")
    settle_later()
    wait = Delivery.objects.get(subscription__name=RELEASE)
    settle_later()

    assert wait.state == "waiting"
    assert "with Retry-After" in wait.error
    assert len(stub.received) == 3
    assert len({(one.headers["webhook-id"], one.body) for one in stub.received}) == 1
    assert state_of(RELEASE, "SO-1") == "done"


def test_refused_release_is_dead_with_its_status_and_no_personal_data(
    stub: HttpStub,
) -> None:
    stub.replies = [Reply(422, body=b"no such street: Weg 1")]
    given(placed("SO-1", CUP=1), reserved("SO-1"))

    settle("fulfillment")

    dead = Delivery.objects.get(subscription__name=RELEASE)
    assert dead.state == "dead"
    assert "answered 422" in dead.error
    assert "Weg 1" not in dead.error
    assert "Ada" not in dead.error
    assert Shipment.objects.get().state == "open"


def test_reservation_without_shipment_needs_a_person(stub: HttpStub) -> None:
    given(reserved("SO-1"))

    settle("fulfillment")

    error = Delivery.objects.get(subscription__name=RELEASE).error
    assert "deliver its open_shipment again" in error
    assert stub.received == []


def test_cancelled_release_is_recalled(stub: HttpStub) -> None:
    given(placed("SO-1", CUP=1), reserved("SO-1"))
    settle("fulfillment")
    given(cancelled("SO-1", CUP=1))

    settle("fulfillment")

    assert stub.types() == ["shipment.released", "shipment.recalled"]
    shipment = Shipment.objects.get()
    assert shipment.state == "cancelled"
    assert shipment.recalled_at is not None
    assert state_of(RECALL, "SO-1") == "done"
