"""The handlers of inventory, through the bus."""

import threading

import pytest
from django.db import connections, transaction

from bus.selectors import history
from bus.testing import given, settle, state_of
from inventory import services
from inventory.models import Reservation, StockItem
from shop.events import StockRejected, StockReserved
from shop.testing import cancelled, dispatched, placed

pytestmark = pytest.mark.django_db(transaction=True)


def test_stock_follows_an_order_from_placement_to_dispatch() -> None:
    services.receive_stock("CUP", 5, "first delivery")
    given(placed("SO-1", CUP=3), placed("SO-2", CUP=3), placed("SO-3", CUP=2))
    given(cancelled("SO-1", CUP=3), dispatched("SO-3", CUP=2))

    settle("inventory")

    assert [one.number for _id, one in history(StockReserved)] == ["SO-1", "SO-3"]
    assert [one.number for _id, one in history(StockRejected)] == ["SO-2"]
    assert StockItem.objects.values_list("on_hand", "reserved").get() == (3, 0)
    assert state_of("inventory.tasks.release_stock", "SO-1") == "done"


def test_failing_dispatch_does_not_fail_its_batch() -> None:
    services.receive_stock("CUP", 5, "first delivery")
    given(placed("SO-1", CUP=2), placed("SO-2", CUP=2))
    settle("inventory")

    given(dispatched("SO-1", CUP=9), dispatched("SO-2", CUP=2))
    settle("inventory")

    assert state_of("inventory.tasks.consume_stock", "SO-1") == "dead"
    assert state_of("inventory.tasks.consume_stock", "SO-2") == "done"
    assert StockItem.objects.values_list("on_hand", "reserved").get() == (3, 2)


@pytest.mark.postgres
def test_concurrent_batches_neither_deadlock_nor_oversell() -> None:
    for sku in ("CUP", "POT"):
        services.receive_stock(sku, 30, "first delivery")
    start, errors = threading.Barrier(4), []

    def worker(name: int) -> None:
        start.wait()
        try:
            for n in range(10):
                # Two workers name the SKUs in one order, two in the other.
                wanted = {"CUP": 1, "POT": 1} if name % 2 else {"POT": 1, "CUP": 1}
                batch = [placed(f"SO-{name}-{n}-{i}", **wanted) for i in range(2)]
                with transaction.atomic():
                    services.reserve_stock(batch)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert list(StockItem.objects.values_list("reserved", flat=True)) == [30, 30]
    assert Reservation.objects.count() == 60
