"""The events of the shop. All events of an order, from whichever app, are in the order's stream."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from bus import DomainEvent
from shop.languages import EARLIER
from shop.mailboxes import mailbox


class Address(msgspec.Struct, frozen=True, kw_only=True):
    line1: str
    line2: str = ""
    postal_code: str = ""
    """Empty where the country has none."""
    city: str = ""
    """Empty where the country is a city."""
    region: str = ""
    """A state, a province, a prefecture ...; by its code where the country uses one."""
    country: str
    """ISO 3166-1 alpha-2."""

    @classmethod
    def of(cls, row: object) -> "Address":
        """The address in a row, whose columns have these names."""
        return cls(**{name: str(getattr(row, name)) for name in cls.__struct_fields__})


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    name: str
    address: Address
    language: str = EARLIER
    """Of what is written to them: a code of LANGUAGES."""

    @property
    def person(self) -> str:
        """Who they are to the bus: the mailbox, in one spelling."""
        return mailbox(self.email)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order. Amounts are in the order's currency; prices include the tax."""

    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    tax_rate: Decimal
    """A fraction: 0.19 is 19 per cent."""
    net: Decimal
    tax: Decimal
    total: Decimal


class Shortage(msgspec.Struct, frozen=True, kw_only=True):
    sku: str
    wanted: int
    available: int


class OrderEvent(DomainEvent, frozen=True, kw_only=True):
    """An event about one order, published at most once unless its class has another key."""

    number: str
    """The order's, such as SO-100001."""
    order_id: UUID
    at: datetime

    @property
    def stream(self) -> str:
        return self.number

    @property
    def key(self) -> str | None:
        return type(self).__name__


class OrderPlaced(OrderEvent, frozen=True, kw_only=True):
    """The order has its number and its prices; its stock is not reserved yet."""

    personal = ("customer",)

    currency: str
    """ISO 4217."""
    lines: tuple[Line, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    customer: Customer

    @property
    def person(self) -> str:
        return self.customer.person


class OrderConfirmed(OrderPlaced, frozen=True, kw_only=True):
    """The order's stock is reserved, and it was not cancelled before.

    Handlers that commit the shop to the order (invoice, confirmation) subscribe to this; a rejected
    order never has one. Published before the order's `OrderCancelled`, or not at all.
    """

    placed_at: datetime


class OrderCancelled(OrderPlaced, frozen=True, kw_only=True):
    """The customer or staff cancelled the order, or its stock was rejected."""

    placed_at: datetime
    reason: str
    """The shop's text for a rejected order (`shop.reasons`), else empty: the reason of a customer
    or of staff stays in the order's row. Events of earlier releases contain it."""
    rejected: bool = False
    """The stock rejected it; otherwise the customer or staff cancelled it."""


class StockReserved(OrderEvent, frozen=True, kw_only=True):
    """All lines of the order are reserved."""


class StockRejected(OrderEvent, frozen=True, kw_only=True):
    """A line of the order cannot be reserved; nothing is."""

    shortages: tuple[Shortage, ...]


class InvoiceNumbered(OrderEvent, frozen=True, kw_only=True):
    """A document has its number and frozen content; its PDF is not drawn yet."""

    document: str
    kind: Literal["invoice", "credit note"]
    due_on: date | None = None
    """Until when it is to be paid; None for a credit note, and in events of earlier releases."""
    corrects: str = ""
    """The invoice that a credit note takes back; empty in events of earlier releases."""

    @property
    def key(self) -> str:
        return f"InvoiceNumbered {self.document}"


class InvoiceIssued(InvoiceNumbered, frozen=True, kw_only=True):
    """The document's PDF is in storage."""

    personal = ("customer",)

    storage_name: str
    sha256: str
    total: Decimal
    currency: str
    customer: Customer

    @property
    def person(self) -> str:
        return self.customer.person

    @property
    def key(self) -> str:
        return f"InvoiceIssued {self.document}"


class ShipmentReleased(OrderEvent, frozen=True, kw_only=True):
    """The warehouse may pack and send the goods."""


class ShipmentRecalled(OrderEvent, frozen=True, kw_only=True):
    """The order was cancelled after its release: the warehouse must keep the goods."""


class ShipmentDispatched(OrderEvent, frozen=True, kw_only=True):
    """The goods have been sent."""

    personal = ("customer",)

    carrier: str
    tracking_number: str
    lines: tuple[Line, ...]
    customer: Customer

    @property
    def person(self) -> str:
        return self.customer.person


class CustomerForgotten(OrderEvent, frozen=True, kw_only=True):
    """The customer's personal data is to be erased: each app erases its own, by the order.

    The personal parts of the order's events are gone already, and no other event of the order
    follows that needs them. Invoices are kept for as long as the law requires.
    """


class MailResendRequested(OrderEvent, frozen=True, kw_only=True):
    """Staff request that a mail of the order is sent again."""

    mail: str
    """The key of the first mail."""
    repeat: int
    by: str
    """The user name of the member of staff."""

    @property
    def key(self) -> str:
        return f"MailResendRequested {self.repeat} {self.mail}"
