"""Who reacts to what: the checker's own list, so that a reaction that is gone is missed."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.verdict import Violation

REGISTERED = "each reaction of the shop is registered for its event, and no other is"

REACTIONS: dict[str, tuple[str, ...]] = {
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
    "MailResendRequested": ("notifications.tasks.resend_message",),
}
"""By the type of an event; all of them are owed to each event of that type."""


def every_reaction_is_registered(evidence: Evidence) -> Iterator[Violation]:
    wanted = Counter((name, fact) for fact, names in REACTIONS.items() for name in names)
    found: Counter[tuple[str, str]] = Counter(
        (name, fact)
        for name, fact in evidence.books.rows(
            "SELECT name, event_type FROM bus_subscription WHERE retired_at IS NULL"
        )
    )
    for name, fact in sorted(wanted.keys() | found.keys()):
        if found[name, fact] != wanted[name, fact]:
            what = f"is registered {found[name, fact]} times for {fact}"
            yield Violation(REGISTERED, name, f"{what}, must be {wanted[name, fact]}")
