"""The tables of orders."""

from orders.models.erasure import VALID, Erasure
from orders.models.idempotency import IdempotencyKey
from orders.models.line import LARGEST_QUANTITY, MOST_LINES, OrderLine
from orders.models.order import NotADraft, Order, OrderHasNoLines, State

__all__ = [
    "LARGEST_QUANTITY",
    "MOST_LINES",
    "VALID",
    "Erasure",
    "IdempotencyKey",
    "NotADraft",
    "Order",
    "OrderHasNoLines",
    "OrderLine",
    "State",
]
