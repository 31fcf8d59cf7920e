"""The order as its events carry it: whole, so that no handler needs to query orders."""

from typing import Any

from django.core.exceptions import ValidationError

from orders.models import Order, OrderLine
from shop.events import Address, Customer, Line
from shop.money import Amounts, is_known, line_amounts, summed

LINE_FIELDS = ("sku", "name", "quantity", "unit_price", "tax_rate", "net", "tax", "total")
ORDER_FIELDS = ("number", "currency", "net", "tax", "total")
NEEDED = ("currency", "email", "name", "line1", "postal_code", "city", "country")


def snapshot(order: Order) -> dict[str, Any]:
    """The fields that `OrderPlaced`, `OrderConfirmed` and `OrderCancelled` have in common."""
    return {name: getattr(order, name) for name in ORDER_FIELDS} | {
        "order_id": order.public_id,
        "lines": tuple(_line(line) for line in order.frozen_lines),
        "customer": Customer(
            email=order.email,
            name=order.name,
            address=Address.of(order),
            language=order.language,
        ),
    }


def obstacle(order: Order) -> str:
    """Why the order cannot be published, without personal data; empty if it can.

    Every handler relies on the event: lines must be priced, totals must add up, and customer and
    address must be valid.
    """
    lines = order.frozen_lines
    if not lines:
        return "it has no lines"
    if not is_known(order.currency):
        return f"its currency {order.currency!r} is no ISO 4217 code"
    for line in lines:
        priced = line_amounts(line.unit_price, line.tax_rate, line.quantity, order.currency)
        if not line.name or line.amounts != priced:
            return f"its line {line.sku} is not priced"
    if Amounts(order.net, order.tax, order.total) != summed([line.amounts for line in lines]):
        return "its totals are not the sums of its lines"
    for name in NEEDED:
        field = Order._meta.get_field(name)
        try:
            field.clean(getattr(order, name), order)
        except ValidationError:
            return f"its {field.verbose_name} is missing or not valid"
    return ""


def _line(line: OrderLine) -> Line:
    return Line(**{name: getattr(line, name) for name in LINE_FIELDS})
