"""The handlers of inventory."""

from datetime import timedelta
from typing import Any

from bus import Queue, Retry, subscribe
from inventory import services
from shop.events import OrderCancelled, OrderPlaced, ShipmentDispatched
from shop.stages import Stage

QUEUE = Queue("inventory", ordered=True)

# Only our own database is used. It comes back within seconds or needs an operator, and customers
# wait for the answer, so the waits are short.
RETRY = Retry(
    on=(services.StockMoved,),
    times=8,
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(seconds=30),
)


# Goods need no name.
ORDERS: dict[str, Any] = {
    "queue": QUEUE,
    "retry": RETRY,
    "batch": 20,
    "personal": False,
    "lock": services.lock_stock,
}


@subscribe(OrderPlaced, stage=Stage.SET_ASIDE, **ORDERS)
def reserve_stock(orders: list[OrderPlaced]) -> None:
    """Reserve all lines of each order, or none."""
    services.reserve_stock(orders)


@subscribe(OrderCancelled, **ORDERS)
def release_stock(orders: list[OrderCancelled]) -> None:
    """Release what cancelled orders have reserved."""
    services.release_stock(orders)


@subscribe(ShipmentDispatched, **ORDERS)
def consume_stock(shipments: list[ShipmentDispatched]) -> None:
    """Take dispatched pieces off the shelf."""
    services.consume_stock(shipments)
