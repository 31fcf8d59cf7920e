"""An order can be cancelled until it is shipped; other apps' events are recorded."""

import pytest
from django.utils import timezone

from bus.models import Event
from bus.selectors import history
from orders import services, tasks
from orders.models import Order, State
from orders.services import Basket
from shop.events import OrderCancelled, ShipmentDispatched, Shortage, StockRejected, StockReserved

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(basket: Basket) -> Order:
    return services.checkout(basket).order


def rejected(order: Order, *skus: str) -> StockRejected:
    return StockRejected(
        number=str(order.number),
        order_id=order.public_id,
        at=timezone.now(),
        shortages=tuple(Shortage(sku=sku, wanted=2, available=0) for sku in skus),
    )


def dispatched(order: Order) -> ShipmentDispatched:
    return ShipmentDispatched(
        number=str(order.number),
        order_id=order.public_id,
        at=timezone.now(),
        carrier="Post",
        tracking_number="T1",
        lines=(),
        customer=services.snapshot(order)["customer"],
    )


def cancellations() -> list[OrderCancelled]:
    return [event for _, event in history(OrderCancelled)]


def test_cancellation_publishes_the_whole_order(order: Order) -> None:
    services.cancel_order(order.pk, "Changed my mind")

    (event,) = cancellations()
    order.refresh_from_db()
    assert order.state == State.CANCELLED
    assert order.cancel_reason == "Changed my mind"
    assert event.at == order.cancelled_at
    assert event.placed_at == order.placed_at
    assert [line.sku for line in event.lines] == ["MUG", "TEA"]
    assert event.total == order.total


def test_typed_reason_is_in_no_event(order: Order) -> None:
    """An event is kept for ever, and nothing of it can be erased but its personal part."""
    services.cancel_order(order.pk, "Ada is ill, call 0171 2345678")

    assert cancellations()[0].reason == ""
    for event in Event.objects.select_related("personal"):
        assert "0171 2345678" not in repr((event.data, event.personal.data))


def test_order_is_cancelled_once(order: Order) -> None:
    services.cancel_order(order.pk, "first")

    with pytest.raises(services.NotCancellable, match="cancelled"):
        services.cancel_order(order.pk, "second")

    order.refresh_from_db()
    assert (order.cancel_reason, len(cancellations())) == ("first", 1)


def test_draft_is_not_cancelled(db: None) -> None:
    draft = Order.objects.create(name="Ada", email="ada@example.com")

    with pytest.raises(services.NotCancellable, match="draft"):
        services.cancel_order(draft.pk, "why")


def test_shipped_order_is_not_cancelled(order: Order) -> None:
    tasks.note_dispatch([dispatched(order)])

    with pytest.raises(services.NotCancellable, match="sent already"):
        services.cancel_order(order.pk, "late")

    assert not cancellations()


def test_order_with_missing_goods_is_cancelled_once(order: Order) -> None:
    tasks.cancel_rejected_order(rejected(order, "MUG"))
    tasks.cancel_rejected_order(rejected(order, "MUG"))

    assert [event.reason for event in cancellations()] == ["Not in stock: Blue mug"]


def test_many_missing_goods_make_short_reason(order: Order) -> None:
    tasks.cancel_rejected_order(rejected(order, *(f"GONE-{n}" for n in range(100))))

    assert cancellations()[0].reason.endswith("GONE-4 and 95 more")


def test_first_reservation_instant_is_kept(order: Order) -> None:
    first = StockReserved(number=str(order.number), order_id=order.public_id, at=timezone.now())
    second = StockReserved(number=first.number, order_id=first.order_id, at=timezone.now())

    tasks.note_reservation([first])
    tasks.note_reservation([second])

    order.refresh_from_db()
    assert order.reserved_at == first.at


def test_dispatch_is_noted_on_a_cancelled_order(order: Order) -> None:
    services.cancel_order(order.pk, "too late")

    tasks.note_dispatch([dispatched(order)])

    order.refresh_from_db()
    assert order.shipped_at is not None
    assert order.state == State.CANCELLED
