"""Orders as the shop would state them, for billing's tests."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import msgspec
from django.conf import settings

from billing.document import Document, Seller, tax_sums
from billing.models import Invoice
from billing.services import issue_invoices
from shop.events import (
    Address,
    Customer,
    InvoiceNumbered,
    Line,
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
)
from shop.money import Amounts, line_amounts, summed

NAMESPACE = UUID("6f1e6f0e-7f0b-4f5e-9a55-0d6f1a0c7e11")
PLACED_AT = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)

CUSTOMER = Customer(
    email="ada@example.com",
    name="Ada Lovelace",
    address=Address(line1="St James's Square 12", postal_code="10117", city="Berlin", country="DE"),
)


def line(
    sku: str = "CUP-2", price: str = "12.90", rate: str = "0.190", quantity: int = 1, name: str = ""
) -> Line:
    amounts = line_amounts(Decimal(price), Decimal(rate), quantity, "EUR")
    return Line(
        sku=sku,
        name=name or f"The thing called {sku}",
        quantity=quantity,
        unit_price=Decimal(price),
        tax_rate=Decimal(rate),
        **amounts._asdict(),
    )


MIXED = (line(), line("BOOK-1", "19.99", "0.070", 3), line("CUP-9", "0.05", "0.190", 7))


def placed(number: str = "SO-100042", lines: tuple[Line, ...] = MIXED) -> OrderPlaced:
    return OrderPlaced(**_content(number, lines), at=PLACED_AT)


def confirmed(number: str = "SO-100042", lines: tuple[Line, ...] = MIXED) -> OrderConfirmed:
    return OrderConfirmed(**_content(number, lines), at=PLACED_AT, placed_at=PLACED_AT)


def cancelled(number: str = "SO-100042", lines: tuple[Line, ...] = MIXED) -> OrderCancelled:
    return OrderCancelled(
        **_content(number, lines), at=PLACED_AT, placed_at=PLACED_AT, reason="changed my mind"
    )


def invoiced(order: OrderConfirmed) -> Invoice:
    """The invoice that is issued for it now."""
    [invoice] = issue_invoices([order])
    return invoice


def numbered(order: OrderConfirmed) -> InvoiceNumbered:
    """Number the order's invoice; the event by which it is drawn."""
    invoice = invoiced(order)
    return InvoiceNumbered(
        number=order.number,
        order_id=order.order_id,
        at=order.at,
        document=invoice.number,
        kind="invoice",
    )


def document(lines: tuple[Line, ...] = MIXED, **changes: Any) -> Document:
    """What would be frozen for an order with these lines."""
    amounts = summed([Amounts(line.net, line.tax, line.total) for line in lines])
    whole = Document(
        kind="invoice",
        number="INV-2026-000001",
        order_number="SO-100042",
        ordered_on=date(2026, 11, 22),
        issued_on=date(2026, 11, 23),
        seller=msgspec.convert(settings.SELLER, Seller),
        buyer=CUSTOMER,
        lines=lines,
        taxes=tax_sums(lines),
        currency="EUR",
        payment_terms="Please pay by 7 December 2026, stating the invoice number.",
        **amounts._asdict(),
    )
    return msgspec.structs.replace(whole, **changes)


def _content(number: str, lines: tuple[Line, ...]) -> dict[str, Any]:
    amounts = summed([Amounts(line.net, line.tax, line.total) for line in lines])
    return {
        "number": number,
        "order_id": uuid5(NAMESPACE, number),
        "currency": "EUR",
        "lines": lines,
        "customer": CUSTOMER,
        **amounts._asdict(),
    }
