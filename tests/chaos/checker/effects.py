"""How often each event took effect for each subscription, counted where the effect is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from operator import attrgetter

from tests.chaos.checker.evidence import Event, Evidence
from tests.chaos.checker.handlers import HANDLERS, UNCOUNTED
from tests.chaos.checker.tables import Tables
from tests.chaos.checker.verdict import Violation
from tests.chaos.mailbox import Mail

CONFIRMATION = "notifications.tasks.send_order_confirmation"
CANCELLATION = "notifications.tasks.send_cancellation"

SENDING = 10
"""Seconds in which a mail that the provider has is written down as sent."""

Effect = Callable[[Tables, Event], int | None]
"""How often it happened; None where it rightly did not."""


@dataclass
class Counted:
    deliveries: int = 0
    ambiguous: int = 0
    lost: list[Violation] = field(default_factory=list)
    doubled: list[Violation] = field(default_factory=list)


def count(evidence: Evidence) -> Counted:
    """Every event for every handler to its type: exactly once, or it is a violation."""
    tables, counted = Tables(evidence), Counted()
    for event in evidence.events:
        if event.stream in evidence.poisoned:
            continue
        for name in HANDLERS.get(event.type, ()):
            if name in UNCOUNTED:
                continue
            counted.deliveries += 1
            if name.startswith("notifications."):
                _count_mail(evidence, tables, event, name, counted)
                continue
            times = EFFECTS[name](tables, event)
            if times == 0:
                counted.lost.append(Violation("lost", event.stream, f"{name} had no effect"))
            elif times is not None and times > 1:
                counted.doubled.append(Violation("doubled", event.stream, f"{name}: {times} times"))
    return counted


def _count_mail(
    evidence: Evidence, tables: Tables, event: Event, name: str, counted: Counted
) -> None:
    """One mail per Message-ID; two where the ledger doubts the first, and has cause to."""
    came = sorted(evidence.mails_of(_message_id(event, name)), key=attrgetter("at"))
    if not came:
        if not _may_be_missing(evidence, tables, event, name):
            counted.lost.append(Violation("lost", event.stream, f"{name} was never mailed"))
        return
    doubts = sum(row.ambiguous for row in evidence.deliveries.get((event.id, name), ()))
    if evidence.mails_before is not None:
        # The ledger has begun to count anew, so only what has come since is held against it.
        came = came[evidence.mails_before[_message_id(event, name)] :]
    counted.ambiguous += max(len(came) - 1, 0)
    if len(came) > 1 and (len(came) > 1 + min(doubts, 1) or not _in_doubt(evidence, came[0])):
        what = f"{name}: {len(came)} mails, of which the ledger has {doubts} in doubt"
        counted.doubled.append(Violation("doubled", event.stream, what))


def _in_doubt(evidence: Evidence, mail: Mail) -> bool:
    """The provider did not say that it has it, or a fault was on before the ledger could know."""
    return mail.doubtful or evidence.struck(mail.at - SENDING, mail.at + SENDING)


def _may_be_missing(evidence: Evidence, tables: Tables, event: Event, name: str) -> bool:
    """The address does not exist; or a confirmation would come after the cancellation's mail."""
    if event.stream in evidence.unknown_addresses:
        return True
    return name == CONFIRMATION and _key(event, name) in tables.skipped and any(
        evidence.mails_by_id[_message_id(other, CANCELLATION)]
        for other in evidence.events
        if other.type == "OrderCancelled" and other.stream == event.stream
    )  # fmt: skip


def _message_id(event: Event, name: str) -> str:
    return f"<{_key(event, name)}@example.com>"


def _key(event: Event, name: str) -> str:
    return f"{event.uuid}.{name.replace('.tasks.', '.').replace('_', '-')}"


def _moved(kind: str) -> Effect:
    """A movement of that kind for each reserved item of the order; none where nothing was."""

    def moved(tables: Tables, event: Event) -> int | None:
        if not tables.granted.get(event.stream):
            return None
        times = [tables.movements[event.stream, item, kind] for item in tables.items(event.stream)]
        return max(times) if min(times, default=0) > 0 else 0

    return moved


def _given_back(tables: Tables, event: Event) -> int | None:
    """Each reserved item is no longer: it was given back, or had left before; and not both."""
    if not tables.granted.get(event.stream):
        return None
    times = [tables.ended[event.stream, item] for item in tables.items(event.stream)]
    return max(times) if min(times, default=0) > 0 else 0


def _reserved(tables: Tables, event: Event) -> int:
    answers = tables.answers[(event.stream,)]
    if answers == 1 and tables.granted[event.stream]:
        wanted = tables.lines.get(event.stream, 0)
        items = tables.items(event.stream)
        times = [tables.movements[event.stream, item, "reserved"] for item in items]
        return max(times) if len(items) == wanted and min(times) > 0 else 0
    return answers


def _released(tables: Tables, event: Event) -> int | None:
    told = tables.warehouse[event.stream, "shipment.released"]
    return None if not told and tables.never_released(event.stream) else told


def _drawn(tables: Tables, event: Event) -> int:
    """Every document of the order is in the storage as it was issued."""
    files = tables.files[event.stream]
    return int(bool(files) and all(_is(tables, name, digest) for name, digest in files))


def _is(tables: Tables, name: str, digest: str) -> bool:
    path = tables.evidence.documents / name
    return path.is_file() and sha256(path.read_bytes()).hexdigest() == digest


def _counted(tables: Tables, event: Event) -> int:
    return tables.counted[event.type, event.stream]


def _invoiced(tables: Tables, event: Event) -> int:
    return tables.invoices[event.stream, "invoice"]


def _credited(tables: Tables, event: Event) -> int | None:
    """An order that was never confirmed has no invoice, and so nothing to credit."""
    times = tables.invoices[event.stream, "credit note"]
    return None if not times and event.stream not in tables.confirmed else times


EFFECTS: dict[str, Effect] = {
    "inventory.tasks.reserve_stock": _reserved,
    "inventory.tasks.release_stock": _given_back,
    "inventory.tasks.consume_stock": _moved("dispatched"),
    "billing.tasks.issue_invoice": _invoiced,
    "billing.tasks.issue_credit_note": _credited,
    "billing.tasks.draw_document": _drawn,
    "fulfillment.tasks.open_shipment": lambda t, e: t.shipments[(e.stream,)],
    "fulfillment.tasks.release_shipment": _released,
    "fulfillment.tasks.cancel_shipment": lambda t, e: int(t.was_stopped(e.stream)),
    "fulfillment.tasks.recall_shipment": lambda t, e: t.warehouse[e.stream, "shipment.recalled"],
    "orders.tasks.cancel_rejected_order": lambda t, e: int(t.order(e.stream).cancelled),
    "orders.tasks.note_reservation": lambda t, e: int(t.order(e.stream).reserved),
    "orders.tasks.note_dispatch": lambda t, e: int(t.order(e.stream).shipped),
    "analytics.tasks.record_sales": _counted,
    "analytics.tasks.reverse_sales": _counted,
    "analytics.tasks.record_rejections": _counted,
    "analytics.tasks.record_dispatches": _counted,
}
