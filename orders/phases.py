"""How far an order is, in the words of staff; each order is in exactly one phase."""

from django.db.models import Q

from orders.models import Order, State

DRAFT = "draft"
WAITING = "waiting for stock"
SET_ASIDE = "set aside"
SHIPPED = "shipped"
CANCELLED = "cancelled"
REJECTED = "not in stock"

PHASES = {
    DRAFT: Q(state=State.DRAFT),
    WAITING: Q(state=State.PLACED, reserved_at=None, shipped_at=None),
    SET_ASIDE: Q(state=State.PLACED, reserved_at__isnull=False, shipped_at=None),
    SHIPPED: Q(state=State.PLACED, shipped_at__isnull=False),
    CANCELLED: Q(state=State.CANCELLED, rejected=False),
    REJECTED: Q(state=State.CANCELLED, rejected=True),
}
"""The condition of each phase, for queries; `phase_of` says the same of a row."""

COLOURS = {
    DRAFT: "default",
    WAITING: "warning",
    SET_ASIDE: "info",
    SHIPPED: "success",
    CANCELLED: "default",
    REJECTED: "danger",
}
"""The colour of each phase's label in the admin."""


def phase_of(order: Order) -> str:
    """The order's phase."""
    if order.state == State.DRAFT:
        return DRAFT
    if order.state == State.CANCELLED:
        return REJECTED if order.rejected else CANCELLED
    if order.shipped_at:
        return SHIPPED
    return SET_ASIDE if order.reserved_at else WAITING
