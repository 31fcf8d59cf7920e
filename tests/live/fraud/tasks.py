"""What the fraud app does when something happens in the shop."""

from datetime import timedelta

from fraud import services

from bus import Queue, Retry, subscribe
from shop.events import OrderPlaced

QUEUE = Queue("fraud")
RETRY = Retry(
    on=(OSError,), times=3, first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=5)
)


@subscribe(OrderPlaced, queue=QUEUE, retry=RETRY, external=True, repeatable=True)
def screen_order(order: OrderPlaced, key: str) -> None:
    """Screen the order."""
    services.screen_order(order)
