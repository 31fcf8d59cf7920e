"""What orders holds of a person."""

from collections.abc import Sequence

from orders.models import Order, OrderLine
from shop.personal import Rows, personal

FIELDS = (
    "number", "public_id", "state", "email", "name", "line1", "line2", "postal_code", "city",
    "region", "country", "language", "currency", "net", "tax", "total", "placed_at", "reserved_at",
    "shipped_at", "cancelled_at", "cancel_reason",
)  # fmt: skip
LINE_FIELDS = ("order__number", "sku", "name", "quantity", "unit_price", "tax_rate", "total")


@personal("orders")
def orders(numbers: Sequence[str]) -> Rows:
    """Amounts are in the order's `currency` (ISO 4217); prices include the tax."""
    return list(Order.objects.filter(number__in=numbers).order_by("id").values(*FIELDS))


@personal("order_lines")
def order_lines(numbers: Sequence[str]) -> Rows:
    rows = OrderLine.objects.filter(order__number__in=numbers).order_by("id")
    return list(rows.values(*LINE_FIELDS))
