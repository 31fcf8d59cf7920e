"""Each way in which a cancellation can fall between the steps of a shipment.

A shipment is opened, the warehouse is told, the shipment is released, the goods leave. A
cancellation may be committed before, between and after these, or at the same instant.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.db.models.functions import Now

from bus.models import Delivery, Event, State
from bus.testing import given, settle, state_of
from fulfillment import services
from fulfillment.models import Shipment
from fulfillment.tests.facts import cancelled, placed, reserved
from fulfillment.tests.stub import Reply, WarehouseStub

pytestmark = pytest.mark.django_db(transaction=True)

RELEASE = "fulfillment.tasks.release_shipment"
RECALL = "fulfillment.tasks.recall_shipment"

ORDER = placed("SO-1", CUP=1)
RESERVED = reserved("SO-1")
CANCELLED = cancelled("SO-1", CUP=1)


def facts() -> list[str]:
    """What fulfilment has stated, in order."""
    rows = Event.objects.filter(type__startswith="Shipment").order_by("id")
    return list(rows.values_list("type", flat=True))


def state() -> str:
    return Shipment.objects.get().state


def settle_later() -> None:
    Delivery.objects.filter(state=State.WAITING).update(due_at=Now())
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


# --- One after the other -------------------------------------------------------------------------


def test_cancelled_before_it_is_opened(stub: WarehouseStub) -> None:
    given(CANCELLED)
    settle("fulfillment")

    given(ORDER, RESERVED)
    settle("fulfillment")

    assert state() == "cancelled"
    assert stub.received == []
    assert facts() == []


def test_cancelled_before_the_warehouse_is_told(stub: WarehouseStub) -> None:
    given(ORDER, CANCELLED)
    settle("fulfillment")

    given(RESERVED)
    settle("fulfillment")

    assert state() == "cancelled"
    assert stub.received == []
    assert facts() == []


def test_cancelled_while_the_warehouse_is_being_told(stub: WarehouseStub) -> None:
    stub.replies = [Reply(meanwhile=lambda: elsewhere(cancel)), Reply()]
    given(ORDER, RESERVED)

    settle("fulfillment")

    assert state() == "cancelled"
    assert stub.types() == ["shipment.released", "shipment.recalled"]
    assert facts() == ["ShipmentRecalled"]


def test_cancelled_while_a_release_that_failed_waits_to_be_tried_again(
    stub: WarehouseStub,
) -> None:
    stub.replies = [Reply(500), Reply()]
    given(ORDER, RESERVED)
    settle("fulfillment")

    given(CANCELLED)
    settle("fulfillment")
    Shipment.objects.update(telling_until=Now())
    settle_later()

    assert stub.types() == ["shipment.released", "shipment.recalled"]
    assert facts() == ["ShipmentRecalled"]
    assert state_of(RELEASE, "SO-1") == state_of(RECALL, "SO-1") == "done"


def test_a_recall_waits_for_a_release_that_may_be_in_the_air(stub: WarehouseStub) -> None:
    stub.replies = [Reply(500), Reply()]
    given(ORDER, RESERVED)
    settle("fulfillment")

    given(CANCELLED)
    settle("fulfillment")

    assert stub.types() == ["shipment.released"]
    assert state_of(RECALL, "SO-1") == "waiting"


def test_a_recall_does_not_wait_for_a_release_that_is_dead(stub: WarehouseStub) -> None:
    stub.replies = [Reply(400), Reply()]
    given(ORDER, RESERVED)
    settle("fulfillment")
    Shipment.objects.update(telling_until=Now())

    given(CANCELLED)
    settle("fulfillment")

    assert state_of(RELEASE, "SO-1") == "dead"
    assert stub.types() == ["shipment.released", "shipment.recalled"]


def test_cancelled_after_the_release(stub: WarehouseStub) -> None:
    given(ORDER, RESERVED)
    settle("fulfillment")

    cancel()

    assert state() == "cancelled"
    assert facts() == ["ShipmentReleased", "ShipmentRecalled"]


def test_cancelled_after_the_goods_have_left(stub: WarehouseStub) -> None:
    given(ORDER, RESERVED)
    settle("fulfillment")
    services.dispatch_shipment(Shipment.objects.get().pk, "DHL", "1")

    given(CANCELLED)
    settle("fulfillment")

    assert state() == "to be returned"
    assert facts() == ["ShipmentReleased", "ShipmentDispatched"]


def test_cancelled_twice(stub: WarehouseStub) -> None:
    given(ORDER, RESERVED)
    settle("fulfillment")

    cancel()
    cancel()

    assert facts() == ["ShipmentReleased", "ShipmentRecalled"]


# --- At the same instant, on real row locks ------------------------------------------------------


def while_first_is_uncommitted(
    first: Callable[[], None], second: Callable[[], None]
) -> Future[None]:
    """Begin `second` while the transaction of `first` is open; commit once `second` must wait."""
    with ThreadPoolExecutor(1) as pool:
        began = threading.Event()

        def run() -> None:
            try:
                with transaction.atomic():
                    began.set()
                    second()
            finally:
                connections.close_all()

        with transaction.atomic():
            first()
            future = pool.submit(run)
            began.wait(5)
            with pytest.raises(TimeoutError):
                future.result(timeout=0.3)
        future.exception(timeout=5)
    return future


@pytest.mark.postgres
def test_cancelling_waits_for_opening_and_then_cancels() -> None:
    while_first_is_uncommitted(lambda: services.open_shipment([ORDER]), cancel).result()

    assert state() == "cancelled"
    assert Shipment.objects.get().lines.count() == 1


@pytest.mark.postgres
def test_opening_waits_for_cancelling_and_leaves_it_cancelled() -> None:
    while_first_is_uncommitted(cancel, lambda: services.open_shipment([ORDER])).result()

    assert state() == "cancelled"
    assert Shipment.objects.get().lines.count() == 1


@pytest.mark.postgres
def test_telling_the_warehouse_waits_for_cancelling_and_then_does_not(
    stub: WarehouseStub,
) -> None:
    services.open_shipment([ORDER])

    def release() -> None:
        with services.warehouse() as warehouse:
            assert services.release_shipment(RESERVED, "key", warehouse) is None

    while_first_is_uncommitted(cancel, release).result()

    assert stub.received == []
    assert facts() == []


@pytest.mark.postgres
def test_releasing_waits_for_cancelling_and_states_nothing(stub: WarehouseStub) -> None:
    services.open_shipment([ORDER])
    with services.warehouse() as warehouse:
        after_done = services.release_shipment(RESERVED, "key", warehouse)

    while_first_is_uncommitted(cancel, after_done).result()

    assert state() == "cancelled"
    assert facts() == ["ShipmentRecalled"]


@pytest.mark.postgres
def test_cancelling_waits_for_releasing_and_recalls(stub: WarehouseStub) -> None:
    services.open_shipment([ORDER])
    with services.warehouse() as warehouse:
        after_done = services.release_shipment(RESERVED, "key", warehouse)

    while_first_is_uncommitted(after_done, cancel).result()

    assert state() == "cancelled"
    assert facts() == ["ShipmentReleased", "ShipmentRecalled"]


@pytest.fixture
def released(stub: WarehouseStub) -> int:
    given(ORDER, RESERVED)
    settle("fulfillment")
    return Shipment.objects.get().pk


@pytest.mark.postgres
def test_dispatching_waits_for_cancelling_and_is_refused(released: int) -> None:
    dispatch = while_first_is_uncommitted(
        cancel, lambda: services.dispatch_shipment(released, "DHL", "1")
    )

    with pytest.raises(services.NotNow, match="keep the goods"):
        dispatch.result()
    assert state() == "cancelled"


@pytest.mark.postgres
def test_cancelling_waits_for_dispatching_and_asks_the_goods_back(released: int) -> None:
    while_first_is_uncommitted(
        lambda: services.dispatch_shipment(released, "DHL", "1"), cancel
    ).result()

    assert state() == "to be returned"
    assert facts() == ["ShipmentReleased", "ShipmentDispatched"]


@pytest.mark.postgres
def test_two_packers_who_dispatch_one_parcel_state_it_once(released: int) -> None:
    second = while_first_is_uncommitted(
        lambda: services.dispatch_shipment(released, "DHL", "1"),
        lambda: services.dispatch_shipment(released, "DPD", "2"),
    )

    with pytest.raises(services.NotNow, match="DHL 1"):
        second.result()
    assert facts() == ["ShipmentReleased", "ShipmentDispatched"]
