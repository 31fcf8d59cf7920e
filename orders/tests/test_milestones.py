"""Events of other apps about many orders are recorded on each of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bus.models import Event
from orders import audit, services, tasks
from orders.models import Order, State
from orders.services import Basket
from orders.tests.conftest import ADA
from shop.events import OrderConfirmed, OrderEvent, ShipmentDispatched, StockReserved

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
Note = Callable[[list[OrderEvent]], None]
Tell = Callable[[Order, int], OrderEvent]


@pytest.mark.parametrize(("note", "tell", "column"), WAYS)
def test_every_order_of_batch_is_noted_at_its_own_instant(
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
def test_first_instant_is_kept_within_a_batch_and_after_it(
    note: Note, tell: Tell, column: str
) -> None:
    one, other = orders(1, 2)

    note([tell(one, 1), tell(one, 2)])
    note([tell(other, 3), tell(one, 4)])

    for order, minutes in ((one, 1), (other, 3)):
        order.refresh_from_db()
        assert getattr(order, column) == NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("note", "tell", "column", "statements"),
    [(*WAYS[0].values, 3), (*WAYS[1].values, 1)],
    ids=["reservations", "dispatches"],
)
def test_statements_do_not_grow_with_the_noted_batch(
    note: Note, tell: Tell, column: str, statements: int
) -> None:
    few, many = orders(1, 1), orders(2, 20)

    for batch in (few, many):
        with CaptureQueriesContext(connection) as queries:
            note([tell(order, 1) for order in batch])
        assert len([one for one in queries if "INSERT" not in one["sql"]]) == statements

    assert not Order.objects.filter(**{column: None}).exists()


def confirmed_numbers() -> list[str]:
    rows = Event.objects.filter(type="OrderConfirmed").order_by("id")
    return list(rows.values_list("stream", flat=True))


def test_reservation_publishes_order_confirmed_in_full(basket: Basket) -> None:
    order = services.checkout(basket).order

    tasks.note_reservation([reserved(order, 1)])

    event = Event.objects.select_related("personal").get(type="OrderConfirmed")
    told = OrderConfirmed.read(event.version, event.data, event.personal.data)
    assert told.customer == ADA
    assert [(line.sku, line.quantity) for line in told.lines] == [("MUG", 2), ("TEA", 1)]
    assert (told.total, told.placed_at) == (order.total, order.placed_at)


def test_order_is_confirmed_once_however_often_its_reservation_is_delivered() -> None:
    one, other = orders(1, 2)

    tasks.note_reservation([reserved(one, 1), reserved(one, 1)])
    tasks.note_reservation([reserved(other, 1), reserved(one, 1)])

    assert confirmed_numbers() == [one.number, other.number]


def test_order_cancelled_before_reservation_is_not_confirmed() -> None:
    kept, cancelled = orders(1, 2)
    services.cancel_order(cancelled.pk, "changed my mind")

    tasks.note_reservation([reserved(cancelled, 1), reserved(kept, 1)])

    assert confirmed_numbers() == [kept.number]


def test_confirmation_is_published_late_for_reserved_orders_without_one() -> None:
    kept, cancelled, shipped = orders(1, 3)
    Order.objects.update(reserved_at=NOON)
    Order.objects.filter(pk=shipped.pk).update(shipped_at=NOON)
    found = list(audit.reserved_orders_without_event())
    assert {finding.subject for finding in found} == {kept.number, cancelled.number}
