"""What inventory does when something happens in the shop."""

from datetime import timedelta

from bus import Queue, Retry, subscribe
from inventory import services
from shop.events import OrderCancelled, OrderPlaced, ShipmentDispatched
from shop.stages import Stage

QUEUE = Queue("inventory", ordered=True)

# The database is all that inventory talks to. It comes back within seconds, or an operator is
# needed anyway, and customers wait for the answer.
RETRY = Retry(
    on=(services.StockMoved,),
    times=8,
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(seconds=30),
)


@subscribe(
    OrderPlaced, queue=QUEUE, retry=RETRY, batch=20, lock=services.lock_stock, stage=Stage.SET_ASIDE
)
def reserve_stock(orders: list[OrderPlaced]) -> None:
    """Promise the stock to the orders, each as a whole or not at all."""
    services.reserve_stock(orders)


@subscribe(OrderCancelled, queue=QUEUE, retry=RETRY, batch=20, lock=services.lock_stock)
def release_stock(orders: list[OrderCancelled]) -> None:
    """Give back what was promised."""
    services.release_stock(orders)


@subscribe(ShipmentDispatched, queue=QUEUE, retry=RETRY, batch=20, lock=services.lock_stock)
def consume_stock(shipments: list[ShipmentDispatched]) -> None:
    """Take what has left off the shelf."""
    services.consume_stock(shipments)
