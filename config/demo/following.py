"""Many orders: placed, and followed until each is settled or has a dead delivery."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bus.selectors import handlers
from config.demo.client import CONNECTIONS, Customer, Followed

FIRST_WAIT, LONGEST_WAIT, GROWTH = 0.2, 2.0, 1.5

Progress = Callable[[list[Followed]], None]


def place_all(
    customer: Customer, bodies: Iterable[dict[str, Any]], progress: Progress
) -> tuple[list[Followed], float]:
    """Place all orders over a few connections; returns them and the seconds it took."""
    began = time.monotonic()
    orders: list[Followed] = []
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for order in pool.map(customer.place, bodies):
            orders.append(order)
            progress(orders)
    return orders, time.monotonic() - began


def follow(customer: Customer, orders: list[Followed], timeout: float, progress: Progress) -> None:
    """Poll each order, with growing waits, until all are over or `timeout` seconds have passed."""
    deadline = time.monotonic() + timeout
    wait = FIRST_WAIT
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        while open_orders := [order for order in orders if not order.over]:
            for order in pool.map(customer.refresh, open_orders):
                # From the ledger: the API shows customers the stages of an order, not its handlers.
                order.handlers = handlers(order.number)
                progress(orders)
            if time.monotonic() + wait > deadline:
                return
            time.sleep(wait)
            wait = min(wait * GROWTH, LONGEST_WAIT)
