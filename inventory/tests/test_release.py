"""Reserved pieces that a cancelled order gives back."""

import pytest

from inventory import services
from inventory.models import Movement, Reservation, StockItem
from shop.testing import cancelled, dispatched, placed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_order() -> None:
    services.receive_stock("CUP", 10, "first delivery")
    services.reserve_stock([placed("SO-1", CUP=4)])


def numbers() -> tuple[int, int]:
    return StockItem.objects.values_list("on_hand", "reserved").get(sku="CUP")


def state() -> str:
    return Reservation.objects.get(number="SO-1").state


def test_cancellation_releases_stock_once() -> None:
    for _time in range(2):
        services.release_stock([cancelled("SO-1", CUP=4)])

    assert numbers() == (10, 0)
    assert state() == "released"


def test_rejected_order_releases_nothing() -> None:
    services.reserve_stock([placed("SO-2", CUP=99)])

    services.release_stock([cancelled("SO-2", CUP=99)])

    assert numbers() == (10, 4)
    assert not Movement.objects.filter(number="SO-2").exists()


def test_late_cancellation_releases_no_consumed_stock() -> None:
    services.consume_stock([dispatched("SO-1", CUP=4)])

    services.release_stock([cancelled("SO-1", CUP=4)])

    assert numbers() == (6, 0)
    assert state() == "consumed"
