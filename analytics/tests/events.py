"""Complete events for tests, with few arguments."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from shop.events import (
    Address,
    Customer,
    Line,
    OrderCancelled,
    OrderPlaced,
    ShipmentDispatched,
    StockRejected,
)
from shop.money import line_amounts

NOON = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)
CUSTOMER = Customer(
    email="ada@example.com",
    name="Ada",
    address=Address(line1="Road 1", postal_code="10115", city="Berlin", country="DE"),
)


def line(sku: str = "MUG", quantity: int = 1, price: str = "11.90", currency: str = "EUR") -> Line:
    rate = Decimal("0.19")
    amounts = line_amounts(Decimal(price), rate, quantity, currency)
    return Line(
        sku=sku,
        name=sku.title(),
        quantity=quantity,
        unit_price=Decimal(price),
        tax_rate=rate,
        **amounts._asdict(),
    )


def placed(number: str, *lines: Line, at: datetime = NOON, currency: str = "EUR") -> OrderPlaced:
    return OrderPlaced(**_order(number, lines or (line(),), at, currency))


def cancelled(
    number: str, *lines: Line, at: datetime = NOON, currency: str = "EUR"
) -> OrderCancelled:
    order = _order(number, lines or (line(),), at, currency)
    return OrderCancelled(**order, placed_at=NOON, reason="changed my mind")


def rejected(number: str, at: datetime = NOON) -> StockRejected:
    return StockRejected(number=number, order_id=_order_id(number), at=at, shortages=())


def dispatched(number: str, at: datetime = NOON) -> ShipmentDispatched:
    return ShipmentDispatched(
        number=number,
        order_id=_order_id(number),
        at=at,
        carrier="Post",
        tracking_number="1Z",
        lines=(line(),),
        customer=CUSTOMER,
    )


def _order(number, lines, at, currency):
    return {
        "number": number,
        "order_id": _order_id(number),
        "at": at,
        "currency": currency,
        "lines": tuple(lines),
        "net": sum(line.net for line in lines),
        "tax": sum(line.tax for line in lines),
        "total": sum(line.total for line in lines),
        "customer": CUSTOMER,
    }


def _order_id(number):
    return uuid5(NAMESPACE_URL, number)
