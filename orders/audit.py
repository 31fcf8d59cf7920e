"""What must be true of orders and can be checked at any time."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet, Sum

from bus import Fact
from bus.audit import Finding, check
from bus.models import Event
from orders.models import Order, State
from orders.selectors import public_orders
from shop.events import OrderCancelled, OrderPlaced
from shop.money import rounded


@check("every placed order has its event")
def placed_orders_without_event() -> Iterable[Finding]:
    """`update()`, `bulk_create` and fixtures can place an order without stating it."""
    return _without(OrderPlaced, public_orders())


@check("every cancelled order has its event")
def cancelled_orders_without_event() -> Iterable[Finding]:
    return _without(OrderCancelled, Order.objects.filter(state=State.CANCELLED))


@check("the totals of every order are those of its lines")
def orders_that_do_not_add_up() -> Iterable[Finding]:
    sums = {f"lines_{name}": Sum(f"lines__{name}") for name in ("net", "tax", "total")}
    for order in public_orders().annotate(**sums).iterator():
        for name in ("net", "tax", "total"):
            of_lines = rounded(getattr(order, f"lines_{name}") or Decimal(0), order.currency)
            if of_lines != getattr(order, name):
                what = f"{name} is {getattr(order, name)}, its lines make {of_lines}"
                yield Finding(subject=str(order.number), what=what)


def _without(fact: type[Fact], orders: QuerySet[Order]) -> Iterable[Finding]:
    stated = Event.objects.filter(stream=OuterRef("number"), key=fact.__name__)
    for number in orders.filter(~Exists(stated)).values_list("number", flat=True).iterator():
        yield Finding(subject=str(number), what=f"has no {fact.__name__}")
