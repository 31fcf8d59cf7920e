"""Pieces that leave the shelf with a shipment."""

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


def test_what_is_dispatched_leaves_the_shelf_once() -> None:
    for _time in range(2):
        services.consume_stock([dispatched("SO-1", CUP=4)])

    assert numbers() == (6, 0)
    assert state() == "consumed"


def test_a_batch_of_orders_leaves_the_shelf_together() -> None:
    services.reserve_stock([placed("SO-2", CUP=1)])

    services.consume_stock([dispatched("SO-1", CUP=4), dispatched("SO-2", CUP=1)])

    assert numbers() == (5, 0)


def test_goods_that_left_before_the_cancellation_was_known_are_gone_all_the_same() -> None:
    services.release_stock([cancelled("SO-1", CUP=4)])

    services.consume_stock([dispatched("SO-1", CUP=4)])

    assert numbers() == (6, 0)
    assert state() == "consumed"


def test_stock_promised_twice_by_that_race_is_short_and_promised_no_further() -> None:
    services.release_stock([cancelled("SO-1", CUP=4)])
    services.reserve_stock([placed("SO-2", CUP=8)])

    services.consume_stock([dispatched("SO-1", CUP=4)])
    services.reserve_stock([placed("SO-3", CUP=1)])

    assert numbers() == (6, 8)
    assert StockItem.objects.get().available == -2
    assert not Reservation.objects.filter(number="SO-3").exists()


def test_books_that_hold_less_than_has_left_need_a_person() -> None:
    services.correct_stock("CUP", 3, "stocktaking", "eve")

    with pytest.raises(services.BooksDisagree, match="CUP: 3 on hand"):
        services.consume_stock([dispatched("SO-1", CUP=4)])

    assert numbers() == (3, 4)


def test_pieces_of_a_sku_never_stocked_cannot_have_left() -> None:
    with pytest.raises(services.BooksDisagree, match="NONE"):
        services.consume_stock([dispatched("SO-9", NONE=1)])


@pytest.mark.sqlite
def test_what_an_order_has_moved_is_looked_up_and_not_searched_for() -> None:
    plan = Movement.objects.filter(number__in=["SO-1", "SO-2"], kind="dispatched").explain()

    assert "inventory_movement_number" in plan
