"""The audit finds what was written past the services."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.utils import timezone

from bus.audit import Operator
from bus.models import Event, OperatorAction
from bus.selectors import history
from orders import audit, services
from orders.models import Order, State
from orders.services import Basket
from shop.events import OrderPlaced
from shop.models import Product

pytestmark = pytest.mark.django_db
GRACE = Operator("grace", "audit of November")


@pytest.fixture
def order(basket: Basket) -> Order:
    return services.checkout(basket).order


@pytest.fixture
def by_hand(order: Order) -> Order:
    """A draft with its lines that was set to placed past the services."""
    draft = Order.objects.get(pk=order.pk)
    draft.pk, draft.public_id, draft.number, draft.placed_at = None, uuid4(), None, None
    draft.state = State.DRAFT
    Order.objects.bulk_create([draft])
    for line in order.lines.all():
        line.pk, line.order = None, draft
        line.save()
    now = timezone.now()
    Order.objects.filter(pk=draft.pk).update(state=State.PLACED, number="SO-9", placed_at=now)
    return Order.objects.get(pk=draft.pk)


def test_order_placed_without_its_event_is_published_from_its_row(by_hand: Order) -> None:
    [finding] = audit.placed_orders_without_event()
    assert finding.subject == "SO-9"

    assert finding.repair(GRACE) == "OrderPlaced was published from the order's row"
    assert finding.repair(GRACE) == ""

    event = Event.objects.get(stream="SO-9")
    [action] = OperatorAction.objects.all()
    assert (action.who, action.subject) == ("grace", f"SO-9, event {event.pk}")
    [event] = (event for _id, event in history(OrderPlaced) if event.number == "SO-9")
    assert (event.total, event.at) == (by_hand.total, by_hand.placed_at)
    assert len(event.lines) == 2


def test_incomplete_order_is_not_published(by_hand: Order) -> None:
    def asks() -> str:
        [finding] = audit.placed_orders_without_event()
        assert finding.repair is None
        return finding.asks

    by_hand.lines.filter(sku="TEA").update(name="")
    assert "its line TEA is not priced" in asks()

    by_hand.lines.filter(sku="TEA").delete()
    assert "its totals are not the sums of its lines" in asks()

    by_hand.lines.all().delete()
    assert "it has no lines" in asks()


def test_order_without_recipient_is_not_published(by_hand: Order) -> None:
    Order.objects.filter(pk=by_hand.pk).update(email="no-address")

    [finding] = audit.placed_orders_without_event()

    assert "its e-mail is missing or not valid" in finding.asks
    assert "no-address" not in finding.asks


def test_order_without_currency_does_not_stop_audit(order: Order) -> None:
    Order.objects.bulk_create(
        [Order(number="SO-1", state=State.PLACED, placed_at=timezone.now(), name="Ada")]
    )

    assert [finding.subject for finding in audit.placed_orders_without_event()] == ["SO-1"]
    assert list(audit.orders_that_do_not_add_up()) == []


def test_order_with_effects_is_not_published_again(order: Order) -> None:
    now = timezone.now()
    Order.objects.bulk_create(
        [Order(number="SO-1", state=State.PLACED, placed_at=now, reserved_at=now, name="Ada")]
    )

    (finding,) = audit.placed_orders_without_event()

    assert finding.subject == "SO-1"
    assert "backup" in finding.asks
    assert finding.repair is None


def test_third_decimal_place_is_compared(basket: Basket, settings: Any) -> None:
    settings.CURRENCY = "KWD"
    Product.objects.filter(sku="TEA").update(unit_price="4.495")
    order = services.checkout(basket).order
    assert str(order.total).endswith("5")
    assert list(audit.orders_that_do_not_add_up()) == []

    Order.objects.update(total=F("total") + Decimal("0.001"), net=F("net") + Decimal("0.001"))

    assert len(list(audit.orders_that_do_not_add_up())) == 2
