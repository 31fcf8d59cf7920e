"""What happens to an order, published as the other apps do, and its page."""

from datetime import date
from typing import Any

from django.test import Client
from django.utils import timezone

from bus.testing import given
from orders.models import Order
from orders.tests.conftest import ADA
from shop.events import InvoiceIssued, InvoiceNumbered, ShipmentDispatched, StockReserved
from shop.links import token_of

DUE = date(2026, 12, 14)


def about(order: Order) -> dict[str, Any]:
    return {"number": str(order.number), "order_id": order.public_id, "at": timezone.now()}


def reserve(order: Order) -> None:
    given(StockReserved(**about(order)))


def issue(order: Order) -> None:
    document = {"document": "INV-2026-000042", "kind": "invoice", "due_on": DUE}
    issued = {"storage_name": "a.pdf", "sha256": "0", "total": order.total, "currency": "EUR"}
    given(
        InvoiceNumbered(**about(order), **document),
        InvoiceIssued(**about(order), **document, **issued, customer=ADA),
    )


def dispatch(order: Order) -> None:
    parcel = {"carrier": "DHL", "tracking_number": "JD1", "lines": (), "customer": ADA}
    given(ShipmentDispatched(**about(order), **parcel))


def address(order: Order, part: str = "") -> str:
    return f"/orders/{token_of(order.public_id)}/{part}"


def page(order: Order) -> str:
    return Client().get(address(order)).content.decode()
