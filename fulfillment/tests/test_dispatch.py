"""Shipments are dispatched, and some come back."""

import pytest

from bus.models import Event
from bus.selectors import history
from fulfillment import services
from fulfillment.models import Shipment
from shop.events import ShipmentDispatched
from shop.testing import CUSTOMER, cancelled, placed

pytestmark = pytest.mark.django_db


@pytest.fixture
def released() -> Shipment:
    services.open_shipment([placed("SO-1", CUP=2)])
    Shipment.objects.update(state="released", released_at="2026-11-23T12:00Z")
    return Shipment.objects.get()


def test_dispatch_is_published_once_in_full(released: Shipment) -> None:
    services.dispatch_shipment(released.pk, " DHL ", "JD0001")
    with pytest.raises(services.NotNow, match="SO-1 has left already, with DHL JD0001"):
        services.dispatch_shipment(released.pk, "DPD", "2")

    [(_id, event)] = history(ShipmentDispatched)
    assert (event.carrier, event.tracking_number) == ("DHL", "JD0001")
    assert event.customer == CUSTOMER
    assert event.lines == placed("SO-1", CUP=2).lines


def test_unreleased_shipment_cannot_be_dispatched() -> None:
    services.open_shipment([placed("SO-1", CUP=2)])

    with pytest.raises(services.NotNow, match="SO-1 is not released yet"):
        services.dispatch_shipment(Shipment.objects.get().pk, "DHL", "1")


def test_cancelled_shipment_cannot_be_dispatched(released: Shipment) -> None:
    services.cancel_shipment([cancelled("SO-1", CUP=2)])

    with pytest.raises(services.NotNow, match="SO-1 was cancelled: do not send the goods"):
        services.dispatch_shipment(released.pk, "DHL", "1")

    assert not Event.objects.filter(type="ShipmentDispatched").exists()


@pytest.mark.parametrize(
    ("carrier", "tracking_number"),
    [("", "1"), ("DHL", " "), ("D" * 41, "1"), ("DHL", "1" * 61), ("DHL", "1\r\nBcc: x@y.z")],
)
def test_parcel_needs_carrier_and_tracking_number(
    released: Shipment, carrier: str, tracking_number: str
) -> None:
    with pytest.raises(services.NotNow, match="printable characters"):
        services.dispatch_shipment(released.pk, carrier, tracking_number)


def test_return_is_booked_once(released: Shipment) -> None:
    with pytest.raises(services.NotNow, match="it is not to be returned"):
        services.take_back(released.pk)
    services.dispatch_shipment(released.pk, "DHL", "1")
    services.cancel_shipment([cancelled("SO-1", CUP=2)])

    services.take_back(released.pk)

    with pytest.raises(services.NotNow, match="is back already"):
        services.take_back(released.pk)
    with pytest.raises(services.NotNow, match="await its return"):
        services.dispatch_shipment(released.pk, "DHL", "2")
