"""What the nightly audit finds among the shipments."""

from collections.abc import Callable

import pytest

from bus.testing import given, settle
from fulfillment import audit, services
from fulfillment.models import Shipment
from fulfillment.tests.stub import WarehouseStub
from shop.testing import cancelled, placed, reserved

pytestmark = pytest.mark.django_db(transaction=True)

ALL = [audit.orders_have_shipments, audit.cancelled_orders_stay, audit.shipments_stated]


@pytest.fixture(autouse=True)
def a_busy_day(stub: WarehouseStub) -> None:
    numbers = ["SO-1", "SO-2", "SO-3"]
    given(*(placed(number, CUP=1) for number in numbers), *map(reserved, numbers))
    settle("fulfillment")
    services.dispatch_shipment(Shipment.objects.get(number="SO-1").pk, "DHL", "1")
    given(cancelled("SO-1", CUP=1), cancelled("SO-2", CUP=1))
    settle("fulfillment")


def found(check: Callable) -> list[tuple[str, str]]:
    return [(finding.subject, finding.what) for finding in check()]


@pytest.mark.parametrize("check", ALL)
def test_a_day_without_trouble_has_no_findings(check: Callable) -> None:
    assert found(check) == []


def test_a_shipment_lost_by_hand_is_found() -> None:
    Shipment.objects.filter(number="SO-3").delete()

    assert found(audit.orders_have_shipments) == [("SO-3", "was handled, but has no shipment")]


def test_an_order_that_is_not_handled_yet_is_no_finding() -> None:
    given(placed("SO-4", CUP=1), cancelled("SO-4", CUP=1))

    assert found(audit.orders_have_shipments) == []
    assert found(audit.cancelled_orders_stay) == []


def test_a_cancelled_order_that_would_be_sent_is_found() -> None:
    Shipment.objects.filter(number="SO-2").update(state="released", cancelled_at=None)

    [(subject, _what)] = found(audit.cancelled_orders_stay)
    assert subject == "SO-2"


def test_a_release_that_was_not_stated_is_found() -> None:
    services.open_shipment([placed("SO-5", CUP=1)])
    Shipment.objects.filter(number="SO-5").update(state="released", released_at="2026-11-23T12:00Z")

    assert found(audit.shipments_stated) == [("SO-5", "lacks ShipmentReleased")]


def test_a_release_that_was_taken_back_by_hand_is_found() -> None:
    Shipment.objects.filter(number="SO-3").update(state="open", released_at=None)

    [(subject, what)] = found(audit.shipments_stated)
    assert (subject, what) == ("SO-3", "has ShipmentReleased, but its shipment says no")
