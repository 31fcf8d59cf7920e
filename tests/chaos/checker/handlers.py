"""Who reacts to what: the checker's own list, so that a handler that is gone is missed."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.verdict import Violation

REGISTERED = "each handler of the shop is registered for its event, and no other is"

HANDLERS: dict[str, tuple[str, ...]] = {
    "OrderPlaced": (
        "analytics.tasks.record_sales",
        "fulfillment.tasks.open_shipment",
        "inventory.tasks.reserve_stock",
    ),
    "OrderConfirmed": (
        "billing.tasks.issue_invoice",
        "notifications.tasks.send_order_confirmation",
    ),
    "OrderCancelled": (
        "analytics.tasks.reverse_sales",
        "billing.tasks.issue_credit_note",
        "fulfillment.tasks.cancel_shipment",
        "inventory.tasks.release_stock",
        "notifications.tasks.send_cancellation",
    ),
    "StockReserved": (
        "fulfillment.tasks.release_shipment",
        "orders.tasks.note_reservation",
    ),
    "StockRejected": (
        "analytics.tasks.record_rejections",
        "orders.tasks.cancel_rejected_order",
    ),
    "InvoiceNumbered": ("billing.tasks.draw_document",),
    "InvoiceIssued": ("notifications.tasks.send_invoice",),
    "ShipmentRecalled": ("fulfillment.tasks.recall_shipment",),
    "ShipmentDispatched": (
        "analytics.tasks.record_dispatches",
        "inventory.tasks.consume_stock",
        "notifications.tasks.send_dispatch_notice",
        "orders.tasks.note_dispatch",
    ),
    "CustomerForgotten": (
        "billing.tasks.restrict_documents",
        "fulfillment.tasks.forget_recipient",
        "notifications.tasks.forget_recipient",
    ),
    "MailResendRequested": ("notifications.tasks.resend_message",),
    "DeliveryDied": ("config.alerts.mail_death", "config.alerts.post_death"),
    "QueueStuck": ("config.alerts.mail_standstill", "config.alerts.post_standstill"),
}
"""By the type of an event; each event of that type has a delivery for each of them."""

UNCOUNTED = {*HANDLERS["DeliveryDied"], *HANDLERS["QueueStuck"]}
"""Handlers without an effect that can be counted: the campaign's shop sets no address for alerts.
Their deliveries are checked like all others."""


def every_handler_is_registered(evidence: Evidence) -> Iterator[Violation]:
    wanted = Counter((name, event) for event, names in HANDLERS.items() for name in names)
    found: Counter[tuple[str, str]] = Counter(
        (name, event)
        for name, event in evidence.books.rows(
            "SELECT name, event_type FROM bus_subscription WHERE retired_at IS NULL"
        )
    )
    for name, event in sorted(wanted.keys() | found.keys()):
        if found[name, event] != wanted[name, event]:
            what = f"is registered {found[name, event]} times for {event}"
            yield Violation(REGISTERED, name, f"{what}, must be {wanted[name, event]}")
