"""What analytics does when something happens in the shop."""

from datetime import timedelta

from analytics import services
from bus import Queue, Retry, subscribe
from shop.events import OrderCancelled, OrderPlaced, ShipmentDispatched, StockRejected

# Every counter adds up in any order, so nothing has to wait for an earlier event of its order.
QUEUE = Queue("analytics", ordered=False)

# The counters live in our own database, whose hiccups the bus retries for everybody. They pass in
# seconds, and the dashboard is watched by somebody: try again soon, and give up soon.
RETRY = Retry(
    on=(),
    times=6,
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(seconds=30),
)


@subscribe(OrderPlaced, queue=QUEUE, retry=RETRY, batch=200)
def record_sales(orders: list[OrderPlaced]) -> None:
    """Count the orders."""
    services.record_sales(orders)


@subscribe(OrderCancelled, queue=QUEUE, retry=RETRY, batch=200)
def reverse_sales(cancellations: list[OrderCancelled]) -> None:
    """Count the cancellations."""
    services.reverse_sales(cancellations)


@subscribe(StockRejected, queue=QUEUE, retry=RETRY, batch=200)
def record_rejections(rejections: list[StockRejected]) -> None:
    """Count the orders that the stock could not serve."""
    services.record_rejections(rejections)


@subscribe(ShipmentDispatched, queue=QUEUE, retry=RETRY, batch=200)
def record_dispatches(dispatches: list[ShipmentDispatched]) -> None:
    """Count the orders whose goods left the house."""
    services.record_dispatches(dispatches)
