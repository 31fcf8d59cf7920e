"""Place many orders and follow them until nothing more happens to any of them."""

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
    """Place every order over a few connections; the orders, and the seconds it took."""
    began = time.monotonic()
    orders: list[Followed] = []
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for order in pool.map(customer.place, bodies):
            orders.append(order)
            progress(orders)
    return orders, time.monotonic() - began


def follow(customer: Customer, orders: list[Followed], patience: float, progress: Progress) -> None:
    """Look at each order with growing pauses until all are over or `patience` seconds are."""
    deadline = time.monotonic() + patience
    wait = FIRST_WAIT
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        while open_orders := [order for order in orders if not order.over]:
            for order in pool.map(customer.look_at, open_orders):
                # From the ledger: customers are told of stages, and not of handlers.
                order.handlers = handlers(order.number)
                progress(orders)
            if time.monotonic() + wait > deadline:
                return
            time.sleep(wait)
            wait = min(wait * GROWTH, LONGEST_WAIT)
