"""The handlers of analytics."""

from datetime import timedelta

from analytics import services
from bus import Queue, Retry, subscribe
from shop.events import OrderCancelled, OrderPlaced, ShipmentDispatched, StockRejected

# Counters add up in any order, so no event has to wait for an earlier one of its stream.
QUEUE = Queue("analytics", ordered=False)

# Only our own database is used, whose transient errors the bus retries for every subscription.
# They end within seconds, and the dashboard is live, so the waits are short.
RETRY = Retry(
    on=(),
    times=6,
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(seconds=30),
)


@subscribe(OrderPlaced, queue=QUEUE, retry=RETRY, batch=200, personal=False)
def record_sales(orders: list[OrderPlaced]) -> None:
    """Count placed orders."""
    services.record_sales(orders)


@subscribe(OrderCancelled, queue=QUEUE, retry=RETRY, batch=200, personal=False)
def reverse_sales(cancellations: list[OrderCancelled]) -> None:
    """Count cancelled orders."""
    services.reverse_sales(cancellations)


@subscribe(StockRejected, queue=QUEUE, retry=RETRY, batch=200)
def record_rejections(rejections: list[StockRejected]) -> None:
    """Count rejected orders."""
    services.record_rejections(rejections)


@subscribe(ShipmentDispatched, queue=QUEUE, retry=RETRY, batch=200, personal=False)
def record_dispatches(dispatches: list[ShipmentDispatched]) -> None:
    """Count dispatched orders."""
    services.record_dispatches(dispatches)
