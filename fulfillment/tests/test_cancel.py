"""Each way in which a cancellation can fall between the steps of a shipment.

A shipment is opened, the warehouse is told, the shipment is released, the goods leave. A
cancellation may be committed before, between and after these; `test_races` has the same instant.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.db.models.functions import Now

from bus.testing import end_waits, given, settle, state_of
from fulfillment import services
from fulfillment.models import Shipment
from fulfillment.tests.cancellation import CANCELLED, ORDER, RESERVED, events, state
from tests.support.http_stub import HttpStub, Reply

pytestmark = pytest.mark.django_db(transaction=True)

RELEASE = "fulfillment.tasks.release_shipment"
RECALL = "fulfillment.tasks.recall_shipment"


def settle_later() -> None:
    end_waits()
    settle("fulfillment")


def cancel() -> None:
    with transaction.atomic():
        services.cancel_shipment([CANCELLED])


def elsewhere(work: Callable[[], None]) -> None:
    """Do it in another thread, with a database connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


def test_cancellation_before_opening_leaves_a_cancelled_shipment(stub: HttpStub) -> None:
    given(CANCELLED)
    settle("fulfillment")

    given(ORDER, RESERVED)
    settle("fulfillment")

    assert state() == "cancelled"
    assert stub.received == []
    assert events() == []


def test_cancellation_before_release_releases_nothing(stub: HttpStub) -> None:
    given(ORDER, CANCELLED)
    settle("fulfillment")

    given(RESERVED)
    settle("fulfillment")

    assert state() == "cancelled"
    assert stub.received == []
    assert events() == []


def test_cancellation_during_release_recalls(stub: HttpStub) -> None:
    stub.replies = [Reply(meanwhile=lambda: elsewhere(cancel)), Reply()]
    given(ORDER, RESERVED)

    settle("fulfillment")

    assert state() == "cancelled"
    assert stub.types() == ["shipment.released", "shipment.recalled"]
    assert events() == ["ShipmentRecalled"]


def test_cancellation_between_tries_of_release_recalls(
    stub: HttpStub,
) -> None:
    stub.replies = [Reply(500), Reply()]
    given(ORDER, RESERVED)
    settle("fulfillment")

    given(CANCELLED)
    settle("fulfillment")
    Shipment.objects.update(telling_until=Now())
    settle_later()

    assert stub.types() == ["shipment.released", "shipment.recalled"]
    assert events() == ["ShipmentRecalled"]
    assert state_of(RELEASE, "SO-1") == state_of(RECALL, "SO-1") == "done"


def test_recall_waits_for_a_release_in_flight(stub: HttpStub) -> None:
    stub.replies = [Reply(500), Reply()]
    given(ORDER, RESERVED)
    settle("fulfillment")

    given(CANCELLED)
    settle("fulfillment")

    assert stub.types() == ["shipment.released"]
    assert state_of(RECALL, "SO-1") == "waiting"


def test_recall_does_not_wait_for_a_dead_release(stub: HttpStub) -> None:
    stub.replies = [Reply(400), Reply()]
    given(ORDER, RESERVED)
    settle("fulfillment")
    Shipment.objects.update(telling_until=Now())

    given(CANCELLED)
    settle("fulfillment")

    assert state_of(RELEASE, "SO-1") == "dead"
    assert stub.types() == ["shipment.released", "shipment.recalled"]


def test_cancellation_after_release_recalls(stub: HttpStub) -> None:
    given(ORDER, RESERVED)
    settle("fulfillment")

    cancel()

    assert state() == "cancelled"
    assert events() == ["ShipmentReleased", "ShipmentRecalled"]


def test_cancellation_after_dispatch_asks_for_return(stub: HttpStub) -> None:
    given(ORDER, RESERVED)
    settle("fulfillment")
    services.dispatch_shipment(Shipment.objects.get().pk, "DHL", "1")

    given(CANCELLED)
    settle("fulfillment")

    assert state() == "to be returned"
    assert events() == ["ShipmentReleased", "ShipmentDispatched"]


def test_second_cancellation_changes_nothing(stub: HttpStub) -> None:
    given(ORDER, RESERVED)
    settle("fulfillment")

    cancel()
    cancel()

    assert events() == ["ShipmentReleased", "ShipmentRecalled"]
