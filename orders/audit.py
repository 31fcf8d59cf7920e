"""What must be true of orders and can be checked at any time."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum

from bus import DomainEvent
from bus.audit import NEVER, Effect, Finding, Operator, check, effects
from bus.models import Event
from bus.selectors import published
from orders import services, tasks
from orders.models import Order, State
from orders.selectors import public_orders
from shop.events import OrderCancelled, OrderConfirmed, OrderPlaced
from shop.money import MOST_PLACES

PUBLISHED_BY: dict[type[DomainEvent], Callable[[Order], None]] = {
    OrderPlaced: services.publish_order_placed,
    OrderConfirmed: services.publish_order_confirmed,
    OrderCancelled: services.publish_order_cancelled,
}
AMOUNTS = ("net", "tax", "total")
FINEST = Decimal(1).scaleb(-MOST_PLACES)


@check("every placed order has its event")
def placed_orders_without_event() -> Iterable[Finding]:
    """`update()`, `bulk_create` and fixtures place an order without publishing its event."""
    return _without(OrderPlaced, public_orders())


@check("every cancelled order has its event")
def cancelled_orders_without_event() -> Iterable[Finding]:
    return _without(OrderCancelled, Order.objects.filter(state=State.CANCELLED))


@check("every order whose goods are set aside has its confirmation")
def reserved_orders_without_event() -> Iterable[Finding]:
    """Includes orders reserved by a release that did not publish `OrderConfirmed` yet."""
    waiting = Order.objects.filter(
        state=State.PLACED, reserved_at__isnull=False, shipped_at__isnull=True
    )
    return _without(OrderConfirmed, waiting)


@check("every order with an OrderPlaced exists")
def events_without_order() -> Iterator[Finding]:
    there = Exists(Order.objects.filter(number=OuterRef("stream")))
    events = Event.objects.filter(~there, type=OrderPlaced.__name__).order_by("id")
    for number, pk in events.values_list("stream", "pk"):
        yield Finding(
            subject=f"{number}, event {pk}",
            what="has OrderPlaced, but no order",
            asks="Restore the order from a backup: the other apps act on it.",
        )


@check("the totals of every order are those of its lines")
def orders_that_do_not_add_up() -> Iterator[Finding]:
    sums = {f"lines_{name}": Sum(f"lines__{name}") for name in AMOUNTS}
    rows = public_orders().annotate(**sums).order_by("id")
    for row in rows.values("number", *AMOUNTS, *sums).iterator():
        for name in AMOUNTS:
            # SQLite adds amounts as floating-point numbers.
            of_lines = (row[f"lines_{name}"] or Decimal(0)).quantize(FINEST)
            if of_lines != row[name]:
                yield Finding(
                    subject=row["number"],
                    what=f"{name} is {row[name]}, the sum of its lines is {of_lines}",
                    asks="Compare with its OrderPlaced, on which the other apps have acted.",
                )


_order = Order.objects.filter(number=OuterRef("stream"))

done_without_effect, effect_without_done = effects(
    "orders",
    Effect(
        handler=tasks.cancel_rejected_order,
        what="cancellation of the order",
        there=~Exists(_order.filter(state=State.PLACED, shipped_at=None)),
        # The customer or staff may have cancelled it.
        trace=NEVER,
    ),
    Effect(
        handler=tasks.note_reservation,
        what="note on the order",
        there=~Exists(_order.filter(reserved_at=None)),
        trace=Exists(_order.filter(reserved_at__isnull=False)),
    ),
    Effect(
        handler=tasks.note_dispatch,
        what="note on the order",
        there=~Exists(_order.filter(shipped_at=None)),
        trace=Exists(_order.filter(shipped_at__isnull=False)),
    ),
)


LOST = "Other apps have acted on it, so its event was lost: restore the event from a backup."


def _was_acted_on(order: Order) -> bool:
    """It was published once; a second event would have every effect a second time."""
    noted = order.reserved_at or order.shipped_at
    return bool(noted) or Event.objects.filter(stream=order.number).exists()


def _without(event: type[DomainEvent], orders: QuerySet[Order]) -> Iterator[Finding]:
    for order in orders.filter(~published(event, "number")).order_by("id"):
        number, what = str(order.number), f"has no {event.__name__}"
        if event is OrderPlaced and _was_acted_on(order):
            yield Finding(number, what, asks=LOST)
        elif obstacle := services.obstacle(order):
            asks = f"It cannot be published: {obstacle}. Correct the order, then audit again."
            yield Finding(number, what, asks=asks)
        else:
            yield Finding(number, what, repair=partial(_publish, event, orders, order.pk))


def _publish(event: type[DomainEvent], orders: QuerySet[Order], pk: int, operator: Operator) -> str:
    """Publish the missing event with the app's own service, if it is still missing."""
    with transaction.atomic():
        unpublished = orders.select_for_update().filter(~published(event, "number"), pk=pk)
        order = unpublished.first()
        if order is None or services.obstacle(order):
            return ""
        if event is OrderPlaced and _was_acted_on(order):
            return ""
        PUBLISHED_BY[event](order)
        row = Event.objects.get(stream=order.number, type=event.__name__)
        return operator.record(
            f"{order.number}, event {row.pk}",
            f"{event.__name__} was published from the order's row",
        )
