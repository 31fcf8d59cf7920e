"""Rows and events agree: each change was published, each effect was caused by an event."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.checker.evidence import Event, Evidence
from tests.chaos.checker.handlers import HANDLERS
from tests.chaos.checker.verdict import Violation
from tests.chaos.mailbox import Mail

PUBLISHED = "every change is published once, and nothing is published that did not happen"
CAUSED = "nothing happens that no event asks for"
ADDRESSED = "mails of an order go to who ordered"
WHOLE = "a mail has a subject, and one about a document that document as it was issued"

CONFIRMED = "an order is confirmed if its goods were set aside before it was cancelled, never after"
REJECTED = "a rejected order has one mail, and neither an invoice nor a credit note"

ROWS = {
    "OrderCancelled": "SELECT number FROM orders_order WHERE state = 'cancelled'",
    "StockReserved": "SELECT number FROM inventory_answer WHERE granted",
    "StockRejected": "SELECT number FROM inventory_answer WHERE NOT granted",
    "InvoiceNumbered": "SELECT order_number, kind FROM billing_invoice",
    "InvoiceIssued": "SELECT order_number, kind FROM billing_invoice WHERE sha256 <> ''",
    "ShipmentReleased": "SELECT number FROM fulfillment_shipment WHERE released_at IS NOT NULL",
    "ShipmentRecalled": "SELECT number FROM fulfillment_shipment "
    "WHERE state = 'cancelled' AND telling_at IS NOT NULL",
    "CustomerForgotten": "SELECT number FROM orders_order WHERE forgotten_at IS NOT NULL",
    "ShipmentDispatched": "SELECT number FROM fulfillment_shipment WHERE dispatched_at IS NOT NULL",
}
"""By the type of an event, the changes that it tells of; its order first, and each of them once."""

OF_ORDERS = (
    "SELECT number FROM inventory_answer",
    "SELECT order_number FROM billing_invoice",
    "SELECT number FROM fulfillment_shipment",
)
"""Rows that are written for a placed order only."""


def every_change_is_published(evidence: Evidence) -> Iterator[Violation]:
    published = _published(evidence)
    for event, sql in ROWS.items():
        changed = Counter(row[0] for row in set(evidence.books.rows(sql)))
        for stream in sorted(changed.keys() | published[event].keys()):
            if published[event][stream] != changed[stream]:
                what = f"has {published[event][stream]} {event}, and {changed[stream]} such changes"
                yield Violation(PUBLISHED, stream, what)


def orders_are_confirmed_in_time(evidence: Evidence) -> Iterator[Violation]:
    """What is reserved and was not cancelled is confirmed; what was cancelled may have been."""
    first: dict[tuple[str, str], int] = {}
    for event in evidence.events:
        first.setdefault((event.type, event.stream), event.id)
    confirmed = _published(evidence)["OrderConfirmed"]
    for number, state in evidence.books.rows(
        "SELECT number, state FROM orders_order WHERE reserved_at IS NOT NULL"
    ):
        if state == "placed" and not confirmed[number]:
            yield Violation(CONFIRMED, number, "has no OrderConfirmed")
    for number, times in confirmed.items():
        at = first["OrderConfirmed", number]
        if times > 1 or first.get(("OrderCancelled", number), at) < at:
            yield Violation(CONFIRMED, number, f"has {times} OrderConfirmed, and was cancelled")
        if first.get(("StockReserved", number), at + 1) > at:
            yield Violation(CONFIRMED, number, "has OrderConfirmed without StockReserved")


def rejected_orders_have_one_mail(evidence: Evidence) -> Iterator[Violation]:
    keys, mails, published = _keys(evidence), defaultdict(set), _published(evidence)
    for mail in evidence.mails:
        if event := keys.get(_key(mail)):
            mails[event.stream].add(_key(mail))
    documents = {
        number for (number,) in evidence.books.rows("SELECT order_number FROM billing_invoice")
    }
    for number in published["StockRejected"]:
        if number in documents:
            yield Violation(REJECTED, number, "has a document")
        if len(mails[number]) > 1:
            yield Violation(REJECTED, number, f"has {len(mails[number])} mails")


def nothing_happens_by_itself(evidence: Evidence) -> Iterator[Violation]:
    published, keys = _published(evidence), _keys(evidence)
    for sql in OF_ORDERS:
        for (number,) in sorted(set(evidence.books.rows(sql))):
            if not published["OrderPlaced"][number]:
                yield Violation(CAUSED, number, f"is in {sql.split()[-1]} without OrderPlaced")
    counted = set(evidence.books.rows("SELECT kind, number FROM analytics_countedfact"))
    for kind, number in sorted(counted):
        if not published[kind][number]:
            yield Violation(CAUSED, number, f"is counted without {kind}")
    for order in evidence.shipped:
        if order.key not in keys:
            yield Violation(CAUSED, order.number, f"{order.kind} was told under no key of ours")
    for mail in evidence.mails:
        if _key(mail) not in keys:
            yield Violation(CAUSED, mail.message_id, "was mailed without an event")


def mails_go_to_who_ordered(evidence: Evidence) -> Iterator[Violation]:
    customers = {one.number: one.email for one in evidence.answered}
    keys = _keys(evidence)
    for mail in evidence.mails:
        event = keys.get(_key(mail))
        if event and mail.to != customers.get(event.stream, mail.to):
            yield Violation(ADDRESSED, event.stream, "was mailed to another address")


def mails_are_whole(evidence: Evidence) -> Iterator[Violation]:
    issued = dict(
        evidence.books.rows(
            "SELECT id, data->>'sha256' FROM bus_event WHERE type = 'InvoiceIssued'"
        )
    )
    keys = _keys(evidence)
    for mail in evidence.mails:
        if not mail.subject.strip():
            yield Violation(WHOLE, mail.message_id, "has no subject")
        event = keys.get(_key(mail))
        if event and event.id in issued and mail.attachments != (issued[event.id],):
            yield Violation(WHOLE, mail.message_id, "does not have its document attached")


def _published(evidence: Evidence) -> dict[str, Counter[str]]:
    """How often each type of event was published for each stream, but for planted ones."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for event in evidence.events:
        if event.stream not in evidence.poisoned:
            found[event.type][event.stream] += 1
    return found


def _keys(evidence: Evidence) -> dict[str, Event]:
    """The event behind each key under which an external effect may happen."""
    return {
        f"{event.uuid}.{name.replace('.tasks.', '.').replace('_', '-')}": event
        for event in evidence.events
        for name in HANDLERS.get(event.type, ())
    }


def _key(mail: Mail) -> str:
    return mail.message_id.strip("<>").rpartition("@")[0]
