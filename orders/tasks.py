"""What orders do when something happens in the shop."""

from datetime import timedelta

from bus import Queue, Retry, subscribe
from orders import services
from shop.events import ShipmentDispatched, StockRejected, StockReserved

QUEUE = Queue("orders", ordered=True)

# Nothing but our own database is asked, and its passing errors are tried again by the bus: a row
# lock is gone in seconds, so the waits are short.
RETRY = Retry(on=(), times=6, first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=30))


@subscribe(StockRejected, queue=QUEUE, retry=RETRY, batch=20)
def cancel_rejected_order(rejected: StockRejected) -> None:
    """Cancel the order: its goods are not there."""
    services.cancel_rejected_order(rejected)


@subscribe(StockReserved, queue=QUEUE, retry=RETRY, batch=50)
def note_reservation(reserved: list[StockReserved]) -> None:
    """Note that the goods are set aside, and confirm the orders that are not cancelled."""
    services.note_reservation(reserved)


@subscribe(ShipmentDispatched, queue=QUEUE, retry=RETRY, batch=50)
def note_dispatch(dispatched: list[ShipmentDispatched]) -> None:
    """Remember when the goods left: from then on the order cannot be cancelled."""
    services.note_dispatch(dispatched)
