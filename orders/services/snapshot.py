"""An order as the events about it tell it: whole, so that no listener has to ask back."""

from typing import Any

from orders.models import Order, OrderLine
from shop.events import Address, Customer, Line

LINE_FIELDS = ("sku", "name", "quantity", "unit_price", "tax_rate", "net", "tax", "total")
ORDER_FIELDS = ("number", "currency", "net", "tax", "total")


def snapshot(order: Order) -> dict[str, Any]:
    """What `OrderPlaced`, `OrderConfirmed` and `OrderCancelled` have in common."""
    return {name: getattr(order, name) for name in ORDER_FIELDS} | {
        "order_id": order.public_id,
        "lines": tuple(_line(line) for line in order.frozen_lines),
        "customer": _customer(order),
    }


def _line(line: OrderLine) -> Line:
    return Line(**{name: getattr(line, name) for name in LINE_FIELDS})


def _customer(order: Order) -> Customer:
    address = Address(
        line1=order.line1,
        line2=order.line2,
        postal_code=order.postal_code,
        city=order.city,
        region=order.region,
        country=str(order.country),
    )
    return Customer(email=order.email, name=order.name, address=address)
