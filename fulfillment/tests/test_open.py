"""Opening shipments."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from fulfillment import services
from fulfillment.models import Shipment, ShipmentLine
from shop.testing import CUSTOMER, cancelled, placed

pytestmark = pytest.mark.django_db


def test_shipment_copies_what_it_needs_of_the_order() -> None:
    order = placed("SO-1", CUP=2, POT=1)

    services.open_shipment([order])

    shipment = Shipment.objects.get()
    assert (shipment.number, shipment.order_id) == ("SO-1", order.order_id)
    assert shipment.state == "open"
    assert shipment.customer == CUSTOMER
    assert tuple(line.as_event() for line in shipment.lines.all()) == order.lines


def test_shipment_is_opened_once_however_often_it_is_delivered() -> None:
    for _time in range(2):
        services.open_shipment([placed("SO-1", CUP=2), placed("SO-2", CUP=1)])

    assert Shipment.objects.count() == 2
    assert ShipmentLine.objects.count() == 2


def test_order_cancelled_early_gets_a_cancelled_shipment() -> None:
    services.cancel_shipment([cancelled("SO-1", CUP=2)])

    services.open_shipment([placed("SO-1", CUP=2)])

    shipment = Shipment.objects.get()
    assert shipment.state == "cancelled"
    assert shipment.lines.count() == 1


def test_queries_do_not_grow_with_the_opened_batch() -> None:
    def cost(numbers: range) -> int:
        with CaptureQueriesContext(connection) as queries:
            services.open_shipment([placed(f"SO-{n}", CUP=1, POT=1) for n in numbers])
        return len(queries)

    assert cost(range(1)) == cost(range(1, 9)) <= 7


def test_database_refuses_second_shipment_of_order() -> None:
    services.open_shipment([placed("SO-1", CUP=2)])
    again = Shipment.objects.get()
    again.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)


@pytest.mark.parametrize("state", ["released", "dispatched", "to be returned"])
def test_database_refuses_states_without_their_instants(state: str) -> None:
    services.open_shipment([placed("SO-1", CUP=2)])

    with pytest.raises(IntegrityError), transaction.atomic():
        Shipment.objects.update(state=state)


def test_database_refuses_to_undo_a_cancellation() -> None:
    services.cancel_shipment([cancelled("SO-1", CUP=2)])

    with pytest.raises(IntegrityError), transaction.atomic():
        Shipment.objects.update(state="open")
