"""What the other rooms tell of many orders at once is noted on each of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders import tasks
from orders.models import Order, State
from orders.tests.conftest import ADA
from shop.events import OrderFact, ShipmentDispatched, StockReserved

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def orders(first: int, count: int) -> list[Order]:
    return Order.objects.bulk_create(
        Order(number=f"SO-{n}", state=State.PLACED, placed_at=NOON, currency="EUR")
        for n in range(first, first + count)
    )


def reserved(order: Order, minutes: int) -> StockReserved:
    return StockReserved(
        number=str(order.number), order_id=order.public_id, at=NOON + timedelta(minutes=minutes)
    )


def dispatched(order: Order, minutes: int) -> ShipmentDispatched:
    return ShipmentDispatched(
        number=str(order.number),
        order_id=order.public_id,
        at=NOON + timedelta(minutes=minutes),
        carrier="Post",
        tracking_number="T1",
        lines=(),
        customer=ADA,
    )


WAYS = [
    pytest.param(tasks.note_reservation, reserved, "reserved_at", id="reservations"),
    pytest.param(tasks.note_dispatch, dispatched, "shipped_at", id="dispatches"),
]
Note = Callable[[list[OrderFact]], None]
Tell = Callable[[Order, int], OrderFact]


@pytest.mark.parametrize(("note", "tell", "column"), WAYS)
def test_every_order_of_a_batch_is_noted_at_its_own_instant(
    note: Note, tell: Tell, column: str
) -> None:
    one, other, untold = orders(1, 3)

    note([tell(one, 1), tell(other, 2)])

    for order, minutes in ((one, 1), (other, 2)):
        order.refresh_from_db()
        assert getattr(order, column) == NOON + timedelta(minutes=minutes)
    untold.refresh_from_db()
    assert getattr(untold, column) is None


@pytest.mark.parametrize(("note", "tell", "column"), WAYS)
def test_the_first_telling_stays_within_a_batch_and_after_it(
    note: Note, tell: Tell, column: str
) -> None:
    one, other = orders(1, 2)

    note([tell(one, 1), tell(one, 2)])
    note([tell(other, 3), tell(one, 4)])

    for order, minutes in ((one, 1), (other, 3)):
        order.refresh_from_db()
        assert getattr(order, column) == NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(("note", "tell", "column"), WAYS)
def test_a_batch_of_any_size_is_one_statement(note: Note, tell: Tell, column: str) -> None:
    few, many = orders(1, 1), orders(2, 20)

    for batch in (few, many):
        with CaptureQueriesContext(connection) as queries:
            note([tell(order, 1) for order in batch])
        assert len(queries) == 1

    assert not Order.objects.filter(**{column: None}).exists()
