"""The page of an order that is no draft any more: all about it at a glance."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django_countries import countries

import orders.panels  # noqa: F401 -- imported to register
from orders import phases
from orders.models import Order
from shop import addresses
from shop.events import Address
from shop.panels import panels_of

HAPPENED = {
    "placed_at": "placed",
    "reserved_at": "set aside",
    "shipped_at": "shipped",
    "cancelled_at": "cancelled",
}


def overview_of(order: Order, user: AbstractBaseUser | AnonymousUser) -> dict[str, Any]:
    """What the page shows, with the panels of all apps that `user` may see."""
    phase = phases.phase_of(order)
    country = countries.name(str(order.country)) or str(order.country)
    return {
        "phase": phase,
        "phase_colour": phases.COLOURS[phase],
        "happened": [(what, at) for name, what in HAPPENED.items() if (at := getattr(order, name))],
        "lines": order.frozen_lines,
        "address": [*addresses.lines(Address.of(order), order.name), country],
        "others": _others(order),
        "panels": panels_of(str(order.number), user),
    }


def _others(order: Order) -> int:
    """How many orders the customer has beside this one; a forgotten customer has none."""
    if not order.email:
        return 0
    return Order.objects.filter(email=order.email).exclude(pk=order.pk).count()
