"""Events of one order, as their publishers write them."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from shop.events import (
    Address,
    Customer,
    InvoiceIssued,
    Line,
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
    ShipmentDispatched,
)
from shop.money import line_amounts, summed

NUMBER = "SO-100042"
ORDER_ID = UUID("7f0d4b0e-6a47-4a6f-9c55-0f6a3d1b2c11")
PLACED_AT = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
PDF = b"%PDF-1.4 an invoice"
PRODUCTS = [
    ("CUP-001", "Espresso cup, white", 2, "11.90", "0.190"),
    ("KET-017", "Gooseneck kettle with thermometer, brushed steel, 900 ml", 1, "1089.00", "0.190"),
    ("BEA-200", "Beans “Yirgacheffe”, 1 kg", 12, "24.50", "0.070"),
]


def customer(name: str = "Jürgen Müller", email: str = "jm@example.org") -> Customer:
    address = Address(
        line1="Lange Straße 5", line2="Hinterhaus", postal_code="10243", city="Berlin", country="DE"
    )
    return Customer(email=email, name=name, address=address)


def lines(products: list[tuple[str, str, int, str, str]] = PRODUCTS) -> tuple[Line, ...]:
    return tuple(_line(*product) for product in products)


def _line(sku: str, name: str, quantity: int, price: str, rate: str) -> Line:
    unit_price, tax_rate = Decimal(price), Decimal(rate)
    net, tax, total = line_amounts(unit_price, tax_rate, quantity, "EUR")
    return Line(
        sku=sku,
        name=name,
        quantity=quantity,
        unit_price=unit_price,
        tax_rate=tax_rate,
        net=net,
        tax=tax,
        total=total,
    )


def _order(**changes: Any) -> dict[str, Any]:
    ordered = lines()
    totals = summed([line_amounts(i.unit_price, i.tax_rate, i.quantity, "EUR") for i in ordered])
    return {
        "number": NUMBER,
        "order_id": ORDER_ID,
        "at": PLACED_AT,
        "currency": "EUR",
        "lines": ordered,
        **totals._asdict(),
        "customer": customer(),
    } | changes


def order_placed(**changes: Any) -> OrderPlaced:
    return OrderPlaced(**_order(**changes))


def order_confirmed(**changes: Any) -> OrderConfirmed:
    return OrderConfirmed(**_order(**changes), placed_at=PLACED_AT)


def order_cancelled(reason: str = "Not in stock: KET-017", **changes: Any) -> OrderCancelled:
    return OrderCancelled(**_order(**changes), placed_at=PLACED_AT, reason=reason)


def invoice_issued(storage_name: str, **changes: Any) -> InvoiceIssued:
    values = {
        "number": NUMBER,
        "order_id": ORDER_ID,
        "at": PLACED_AT,
        "document": "RE-2026-000017",
        "kind": "invoice",
        "storage_name": storage_name,
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "total": Decimal("1406.80"),
        "currency": "EUR",
        "customer": customer(),
    }
    return InvoiceIssued(**values | changes)


def shipment_dispatched(**changes: Any) -> ShipmentDispatched:
    values = {
        "number": NUMBER,
        "order_id": ORDER_ID,
        "at": PLACED_AT,
        "carrier": "DHL",
        "tracking_number": "00340434161094015902",
        "lines": lines(),
        "customer": customer(),
    }
    return ShipmentDispatched(**values | changes)
