"""The handlers of orders."""

from datetime import timedelta

from bus import Queue, Retry, subscribe
from orders import services
from shop.events import ShipmentDispatched, StockRejected, StockReserved

QUEUE = Queue("orders", ordered=True)

# Only our own database is used, whose transient errors the bus retries for every subscription. A
# row lock is released within seconds, so the waits are short.
RETRY = Retry(on=(), times=6, first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=30))


@subscribe(StockRejected, queue=QUEUE, retry=RETRY, batch=20)
def cancel_rejected_order(rejected: StockRejected) -> None:
    """Cancel the order: its goods are not in stock."""
    services.cancel_rejected_order(rejected)


@subscribe(StockReserved, queue=QUEUE, retry=RETRY, batch=50)
def note_reservation(reserved: list[StockReserved]) -> None:
    """Record when the goods were reserved, and confirm the orders that are still placed."""
    services.note_reservation(reserved)


@subscribe(ShipmentDispatched, queue=QUEUE, retry=RETRY, batch=50, personal=False)
def note_dispatch(dispatched: list[ShipmentDispatched]) -> None:
    """Record when the goods left: from then on the order cannot be cancelled."""
    services.note_dispatch(dispatched)
