"""Pieces that leave the shelf with a shipment."""

import pytest

from inventory import services
from inventory.models import Movement, Reservation, StockItem
from inventory.tests.stock import numbers, state
from shop.testing import cancelled, dispatched, placed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_order")]


def test_dispatch_consumes_stock_once() -> None:
    for _time in range(2):
        services.consume_stock([dispatched("SO-1", CUP=4)])

    assert numbers() == (6, 0)
    assert state() == "consumed"


def test_batch_of_dispatches_consumes_stock() -> None:
    services.reserve_stock([placed("SO-2", CUP=1)])

    services.consume_stock([dispatched("SO-1", CUP=4), dispatched("SO-2", CUP=1)])

    assert numbers() == (5, 0)


def test_dispatch_after_cancellation_consumes_stock() -> None:
    services.release_stock([cancelled("SO-1", CUP=4)])

    services.consume_stock([dispatched("SO-1", CUP=4)])

    assert numbers() == (6, 0)
    assert state() == "consumed"


def test_stock_short_after_that_race_is_not_reserved_again() -> None:
    services.release_stock([cancelled("SO-1", CUP=4)])
    services.reserve_stock([placed("SO-2", CUP=8)])

    services.consume_stock([dispatched("SO-1", CUP=4)])
    services.reserve_stock([placed("SO-3", CUP=1)])

    assert numbers() == (6, 8)
    assert StockItem.objects.get().available == -2
    assert not Reservation.objects.filter(number="SO-3").exists()


def test_consuming_more_than_the_stock_needs_a_person() -> None:
    services.correct_stock("CUP", 3, "stocktaking", "eve")

    with pytest.raises(services.BooksDisagree, match="CUP: 3 on hand"):
        services.consume_stock([dispatched("SO-1", CUP=4)])

    assert numbers() == (3, 4)


def test_consuming_an_unknown_sku_fails() -> None:
    with pytest.raises(services.BooksDisagree, match="NONE"):
        services.consume_stock([dispatched("SO-9", NONE=1)])


@pytest.mark.sqlite
def test_movements_of_an_order_are_read_by_index() -> None:
    plan = Movement.objects.filter(number__in=["SO-1", "SO-2"], kind="dispatched").explain()

    assert "inventory_movement_number" in plan
