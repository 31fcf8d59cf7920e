"""What an order's row says and its events do not: whether it can be stated late."""

from django.core.exceptions import ValidationError

from orders.models import Order
from shop.money import Amounts, is_known, line_amounts, summed

NEEDED = ("currency", "email", "name", "line1", "postal_code", "city", "country")


def obstacle(order: Order) -> str:
    """Why the order cannot be stated as it is, in words without personal data; empty if it can.

    An event is what everybody else goes by, so its lines must be priced and add up, and somebody
    must be there to deliver to.
    """
    lines = order.frozen_lines
    if not lines:
        return "it has no lines"
    if not is_known(order.currency):
        return "it has no currency that is known"
    for line in lines:
        priced = line_amounts(line.unit_price, line.tax_rate, line.quantity, order.currency)
        if not line.name or line.amounts != priced:
            return f"its line {line.sku} is not priced"
    if Amounts(order.net, order.tax, order.total) != summed([line.amounts for line in lines]):
        return "its totals are not those of its lines"
    for name in NEEDED:
        field = Order._meta.get_field(name)
        try:
            field.clean(getattr(order, name), order)
        except ValidationError:
            return f"its {field.verbose_name} is missing or not valid"
    return ""
