"""The audit finds what was written past the services."""

from decimal import Decimal

import pytest
from django.utils import timezone

from orders import audit, services
from orders.models import Order, State
from orders.services import Basket

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(basket: Basket) -> Order:
    return services.checkout(basket).order


def test_a_sound_shop_has_no_findings(order: Order) -> None:
    services.cancel_order(order.pk, "why")

    assert not list(audit.placed_orders_without_event())
    assert not list(audit.cancelled_orders_without_event())
    assert not list(audit.orders_that_do_not_add_up())


def test_an_order_placed_without_its_event_is_found(order: Order) -> None:
    Order.objects.bulk_create(
        [Order(number="SO-1", state=State.PLACED, placed_at=timezone.now(), name="Ada")]
    )

    assert [finding.subject for finding in audit.placed_orders_without_event()] == ["SO-1"]


def test_an_order_cancelled_without_its_event_is_found(order: Order) -> None:
    Order.objects.update(state=State.CANCELLED, cancelled_at=timezone.now())

    (finding,) = audit.cancelled_orders_without_event()

    assert finding.subject == order.number
    assert "OrderCancelled" in finding.what


def test_totals_that_are_not_those_of_the_lines_are_found(order: Order) -> None:
    Order.objects.update(total=Decimal("29.49"), net=Decimal("25.37"))

    assert [finding.subject for finding in audit.orders_that_do_not_add_up()] == [
        order.number,
        order.number,
    ]
