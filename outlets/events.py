"""Which events of the shop are forwarded, and the event by which a webhook is sent."""

from bus import DomainEvent
from shop.events import (
    CustomerForgotten,
    InvoiceIssued,
    InvoiceNumbered,
    OrderCancelled,
    OrderConfirmed,
    OrderEvent,
    OrderPlaced,
    ShipmentDispatched,
    ShipmentRecalled,
    ShipmentReleased,
    StockRejected,
    StockReserved,
)

PUBLIC: tuple[type[OrderEvent], ...] = (
    OrderPlaced,
    StockReserved,
    StockRejected,
    OrderConfirmed,
    OrderCancelled,
    InvoiceNumbered,
    InvoiceIssued,
    ShipmentReleased,
    ShipmentRecalled,
    ShipmentDispatched,
    CustomerForgotten,
)
"""What other systems may get, in the order in which an order has them. Not `MailResendRequested`,
by which staff and a worker of the shop talk to each other."""


class WebhookDue(DomainEvent, frozen=True, kw_only=True):
    """An endpoint is to get a webhook: `webhook` is the key of its row.

    One for each endpoint, so that each has deliveries, retries and dead ones of its own. It is in a
    stream of its own, so that an order is settled whatever becomes of its webhooks, and no page of
    a stream reads all that an endpoint was ever sent.
    """

    endpoint: int
    webhook: str

    @property
    def stream(self) -> str:
        return f"webhook-{self.webhook}"

    @property
    def key(self) -> str:
        return self.webhook
