"""For the apps' tests: the events of an order."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import NAMESPACE_DNS, uuid5

from django.utils import timezone

from shop import availability, panels
from shop.events import (
    Address,
    Customer,
    Line,
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
    ShipmentDispatched,
    StockReserved,
)

SHOP = uuid5(NAMESPACE_DNS, "shop")
CUSTOMER = Customer(
    email="ada@example.com",
    name="Ada Lovelace",
    address=Address(
        line1="Weg 1", line2="im Hof", postal_code="10115", city="Berlin", country="DE"
    ),
)


@contextmanager
def stock_counted(count: availability.Count) -> Iterator[None]:
    """Replace the app's count of the stock by `count`."""
    with patch.object(availability, "_counts", [count]):
        yield


@contextmanager
def no_panels() -> Iterator[None]:
    """An order's page on which no app has registered a panel."""
    with patch.object(panels, "_panels", {}):
        yield


def lines(quantities: dict[str, int]) -> tuple[Line, ...]:
    """Each piece costs 11.90, of which 1.90 are tax."""
    return tuple(
        Line(
            sku=sku,
            name=f"A {sku}",
            quantity=quantity,
            unit_price=Decimal("11.90"),
            tax_rate=Decimal("0.190"),
            net=Decimal("10.00") * quantity,
            tax=Decimal("1.90") * quantity,
            total=Decimal("11.90") * quantity,
        )
        for sku, quantity in quantities.items()
    )


def placed(number: str, **quantities: int) -> OrderPlaced:
    return OrderPlaced(**_common(number, quantities), **_money(quantities))


def confirmed(number: str, **quantities: int) -> OrderConfirmed:
    return OrderConfirmed(
        **_common(number, quantities), **_money(quantities), placed_at=timezone.now()
    )


def cancelled(number: str, *, rejected: bool = False, **quantities: int) -> OrderCancelled:
    return OrderCancelled(
        **_common(number, quantities),
        **_money(quantities),
        placed_at=timezone.now(),
        reason="asked for",
        rejected=rejected,
    )


def reserved(number: str) -> StockReserved:
    return StockReserved(number=number, order_id=uuid5(SHOP, number), at=timezone.now())


def dispatched(number: str, **quantities: int) -> ShipmentDispatched:
    return ShipmentDispatched(
        **_common(number, quantities), carrier="DHL", tracking_number="JD0001"
    )


def _common(number: str, quantities: dict[str, int]) -> dict[str, Any]:
    return {
        "number": number,
        "order_id": uuid5(SHOP, number),
        "at": timezone.now(),
        "lines": lines(quantities),
        "customer": CUSTOMER,
    }


def _money(quantities: dict[str, int]) -> dict[str, Any]:
    pieces = sum(quantities.values())
    return {
        "currency": "EUR",
        "net": Decimal("10.00") * pieces,
        "tax": Decimal("1.90") * pieces,
        "total": Decimal("11.90") * pieces,
    }
