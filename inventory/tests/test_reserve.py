"""Promising stock to orders."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bus.models import Event
from bus.selectors import history
from inventory import services
from inventory.models import Answer, Movement, Reservation, StockItem
from inventory.services.stock import book, locked
from shop.events import Shortage, StockRejected, StockReserved
from shop.testing import placed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def stock() -> None:
    services.receive_stock("CUP", 10, "first delivery")
    services.receive_stock("POT", 2, "first delivery")


def numbers(sku: str) -> tuple[int, int]:
    return StockItem.objects.values_list("on_hand", "reserved").get(sku=sku)


def published(event: type) -> list[str]:
    return [one.number for _id, one in history(event)]


def test_order_reserves_available_stock() -> None:
    services.reserve_stock([placed("SO-1", CUP=3, POT=2)])

    assert numbers("CUP") == (10, 3)
    assert numbers("POT") == (2, 2)
    assert published(StockReserved) == ["SO-1"]
    assert Reservation.objects.filter(number="SO-1", state="reserved").count() == 2


def test_order_reserves_all_lines_or_none() -> None:
    services.reserve_stock([placed("SO-1", CUP=3, POT=3)])

    assert numbers("CUP") == (10, 0)
    assert not Reservation.objects.exists()
    [(_id, rejected)] = history(StockRejected)
    assert rejected.shortages == (Shortage(sku="POT", wanted=3, available=2),)


def test_unknown_sku_counts_as_none_available() -> None:
    services.reserve_stock([placed("SO-1", NONE=1)])

    [(_id, rejected)] = history(StockRejected)
    assert rejected.shortages == (Shortage(sku="NONE", wanted=1, available=0),)


def test_earlier_orders_of_a_batch_reserve_first() -> None:
    batch = [placed("SO-1", POT=1), placed("SO-2", POT=2), placed("SO-3", POT=1)]

    services.reserve_stock(batch)

    assert published(StockReserved) == ["SO-1", "SO-3"]
    assert published(StockRejected) == ["SO-2"]
    assert numbers("POT") == (2, 2)


def test_order_is_answered_once_however_often_it_is_delivered() -> None:
    services.reserve_stock([placed("SO-1", CUP=3), placed("SO-2", POT=3)])
    services.receive_stock("POT", 5, "more")

    services.reserve_stock([placed("SO-1", CUP=3), placed("SO-2", POT=3)])

    assert numbers("CUP") == (10, 3)
    assert numbers("POT") == (7, 0)
    assert Event.objects.count() == 2


def test_two_lines_of_one_sku_are_reserved_together() -> None:
    order = placed("SO-1", CUP=3)
    twice = type(order)(
        **{f: getattr(order, f) for f in order.__struct_fields__} | {"lines": order.lines * 2}
    )

    services.reserve_stock([twice])

    assert numbers("CUP") == (10, 6)


def test_queries_do_not_grow_with_the_batch() -> None:
    def cost(batch: list) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            services.reserve_stock(batch)
        events = ("bus_", "SAVEPOINT")
        return sum(not any(word in query["sql"] for word in events) for query in queries)

    one = cost([placed("SO-1", CUP=1)])
    many = cost([placed(f"SO-{n}", CUP=1, POT=1) for n in range(2, 10)])

    assert one == many == 6


def test_every_change_records_a_movement() -> None:
    services.reserve_stock([placed("SO-1", CUP=3)])

    moved = Movement.objects.filter(number="SO-1").values_list("kind", "on_hand", "reserved")
    assert list(moved) == [("reserved", 0, 3)]


def test_stock_reserved_since_reading_is_not_reserved_again() -> None:
    [item] = locked(["POT"]).values()
    StockItem.objects.filter(sku="POT").update(reserved=2)
    wanted = Movement(item=item, kind="reserved", on_hand=0, reserved=1, number="SO-1")

    with pytest.raises(services.StockMoved):
        book([wanted], from_available=True)

    assert numbers("POT") == (2, 2)


@pytest.mark.parametrize("field", ["on_hand", "reserved"])
def test_database_refuses_stock_below_zero(field: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StockItem.objects.filter(sku="CUP").update(**{field: -1})


def test_database_refuses_second_application_of_each_effect() -> None:
    services.reserve_stock([placed("SO-1", CUP=3)])
    item = StockItem.objects.get(sku="CUP")

    for again in (
        Answer(number="SO-1", granted=False),
        Reservation(number="SO-1", item=item, quantity=1),
        Movement(number="SO-1", item=item, kind="reserved", on_hand=0, reserved=1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            again.save()
