"""What the nightly audit finds among the shipments."""

from collections.abc import Callable

import pytest

from bus.audit import Operator
from bus.models import Delivery
from bus.testing import given, settle
from fulfillment import audit, services
from fulfillment.models import Shipment
from shop.testing import cancelled, placed, reserved
from tests.support.http_stub import HttpStub

pytestmark = pytest.mark.django_db(transaction=True)

ALL = [
    audit.shipments_have_events,
    audit.shipments_were_ordered,
    audit.done_without_effect,
    audit.effect_without_done,
]
GRACE = Operator("grace", "audit of November")


@pytest.fixture(autouse=True)
def a_busy_day(stub: HttpStub) -> None:
    numbers = ["SO-1", "SO-2", "SO-3"]
    given(*(placed(number, CUP=1) for number in numbers), *map(reserved, numbers))
    settle("fulfillment")
    services.dispatch_shipment(Shipment.objects.get(number="SO-1").pk, "DHL", "1")
    given(cancelled("SO-1", CUP=1), cancelled("SO-2", CUP=1))
    settle("fulfillment")


def found(check: Callable) -> list[tuple[str, str]]:
    return [(finding.subject, finding.what) for finding in check()]


@pytest.mark.parametrize("check", ALL)
def test_day_without_trouble_has_no_findings(check: Callable) -> None:
    assert found(check) == []


def delivery(handler: str, number: str) -> Delivery:
    return Delivery.objects.get(stream=number, subscription__name=f"fulfillment.tasks.{handler}")


def repaired(check: Callable) -> list[str]:
    """What was done about the findings; the app then handles the open deliveries."""
    done = [finding.repair(GRACE) for finding in check() if finding.repair]
    settle("fulfillment")
    return done


def test_lost_unreleased_shipment_is_opened_again() -> None:
    given(placed("SO-4", CUP=1))
    settle("fulfillment")
    Shipment.objects.filter(number="SO-4").delete()

    assert repaired(audit.done_without_effect) == [
        f"delivery {delivery('open_shipment', 'SO-4').pk} is due again"
    ]
    assert Shipment.objects.get(number="SO-4").state == "open"


def test_order_with_open_delivery_is_no_finding() -> None:
    given(placed("SO-4", CUP=1), cancelled("SO-4", CUP=1))

    assert found(audit.done_without_effect) == []


def test_uncancelled_shipment_of_cancelled_order_is_found() -> None:
    Shipment.objects.filter(number="SO-2").update(state="released", cancelled_at=None)

    [finding] = audit.done_without_effect()
    assert finding.subject.startswith("SO-2, delivery")
    assert "Keep the goods" in finding.asks


def test_unpublished_release_is_found() -> None:
    given(placed("SO-5", CUP=1))
    settle("fulfillment")
    Shipment.objects.filter(number="SO-5").update(state="released", released_at="2026-11-23T12:00Z")

    assert found(audit.shipments_have_events) == [("SO-5", "lacks ShipmentReleased")]
