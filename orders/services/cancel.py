"""Cancelling an order that has not been shipped."""

from django.db import transaction
from django.utils import timezone

from bus import publish
from orders.models import Order, State
from orders.services.snapshot import snapshot
from shop import reasons
from shop.events import OrderCancelled, StockRejected


class NotCancellable(ValueError):
    """The order is a draft, cancelled already, or its goods have been sent."""


def cancel_order(order_id: int, reason: str) -> Order:
    """Cancel a placed order and publish `OrderCancelled`, in one transaction.

    If the goods have left but `ShipmentDispatched` is not handled yet, the order is cancelled all
    the same; fulfillment then has the shipment returned.

    Raises:
        Order.DoesNotExist: there is no such order.
        NotCancellable: it is not placed, or shipped; the message says which.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order_id)
        if order.state != State.PLACED:
            raise NotCancellable(f"Order {order} is {order.state}; only a placed one can be.")
        if order.shipped_at is not None:
            raise NotCancellable(f"The goods of order {order} have been sent already.")
        _cancel(order, reason)
    return order


def cancel_rejected_order(rejected: StockRejected) -> None:
    """Cancel an order that the stock rejected, unless it is cancelled already."""
    order = Order.objects.select_for_update().get(number=rejected.number)
    if order.cancellable:
        _cancel(order, _reason(order, rejected), rejected=True)


def _cancel(order: Order, reason: str, *, rejected: bool = False) -> None:
    order.state = State.CANCELLED
    order.cancelled_at = timezone.now()
    order.cancel_reason = reason
    order.rejected = rejected
    order.save(update_fields=["state", "cancelled_at", "cancel_reason", "rejected"])
    publish_order_cancelled(order)


def publish_order_cancelled(order: Order) -> None:
    """Publish `OrderCancelled` in the transaction that cancels the order."""
    assert order.placed_at is not None
    assert order.cancelled_at is not None
    publish(
        OrderCancelled(
            at=order.cancelled_at,
            placed_at=order.placed_at,
            # A typed reason may contain personal data, and events are kept for ever.
            reason=order.cancel_reason if order.rejected else "",
            rejected=order.rejected,
            **snapshot(order),
        )
    )


def _reason(order: Order, rejected: StockRejected) -> str:
    names = {line.sku: line.name for line in order.frozen_lines}
    return reasons.out_of_stock([names.get(one.sku, one.sku) for one in rejected.shortages])
