"""A cancellation at the same instant as a step of its shipment, on real row locks."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from bus.testing import given, settle
from fulfillment import services
from fulfillment.models import Shipment
from fulfillment.tests.cancellation import CANCELLED, ORDER, RESERVED, events, state
from tests.support.http_stub import HttpStub

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def cancel() -> None:
    with transaction.atomic():
        services.cancel_shipment([CANCELLED])


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


def test_cancel_waits_for_concurrent_opening() -> None:
    while_first_is_uncommitted(lambda: services.open_shipment([ORDER]), cancel).result()

    assert state() == "cancelled"
    assert Shipment.objects.get().lines.count() == 1


def test_opening_waits_for_concurrent_cancel() -> None:
    while_first_is_uncommitted(cancel, lambda: services.open_shipment([ORDER])).result()

    assert state() == "cancelled"
    assert Shipment.objects.get().lines.count() == 1


def test_release_request_waits_for_cancel_and_is_not_sent(
    stub: HttpStub,
) -> None:
    services.open_shipment([ORDER])

    def release() -> None:
        with services.warehouse() as warehouse:
            assert services.release_shipment(RESERVED, "key", warehouse) is None

    while_first_is_uncommitted(cancel, release).result()

    assert stub.received == []
    assert events() == []


def test_release_waits_for_cancel_and_publishes_nothing(stub: HttpStub) -> None:
    services.open_shipment([ORDER])
    with services.warehouse() as warehouse:
        after_done = services.release_shipment(RESERVED, "key", warehouse)

    while_first_is_uncommitted(cancel, after_done).result()

    assert state() == "cancelled"
    assert events() == ["ShipmentRecalled"]


def test_cancel_waits_for_release_and_recalls(stub: HttpStub) -> None:
    services.open_shipment([ORDER])
    with services.warehouse() as warehouse:
        after_done = services.release_shipment(RESERVED, "key", warehouse)

    while_first_is_uncommitted(after_done, cancel).result()

    assert state() == "cancelled"
    assert events() == ["ShipmentReleased", "ShipmentRecalled"]


@pytest.fixture
def released(stub: HttpStub) -> int:
    given(ORDER, RESERVED)
    settle("fulfillment")
    return Shipment.objects.get().pk


def test_dispatch_waits_for_cancel_and_is_refused(released: int) -> None:
    dispatch = while_first_is_uncommitted(
        cancel, lambda: services.dispatch_shipment(released, "DHL", "1")
    )

    with pytest.raises(services.NotNow, match="do not send the goods"):
        dispatch.result()
    assert state() == "cancelled"


def test_cancel_waits_for_dispatch_and_asks_for_return(released: int) -> None:
    while_first_is_uncommitted(
        lambda: services.dispatch_shipment(released, "DHL", "1"), cancel
    ).result()

    assert state() == "to be returned"
    assert events() == ["ShipmentReleased", "ShipmentDispatched"]


def test_concurrent_dispatches_of_one_parcel_publish_once(released: int) -> None:
    second = while_first_is_uncommitted(
        lambda: services.dispatch_shipment(released, "DHL", "1"),
        lambda: services.dispatch_shipment(released, "DPD", "2"),
    )

    with pytest.raises(services.NotNow, match="DHL 1"):
        second.result()
    assert events() == ["ShipmentReleased", "ShipmentDispatched"]
