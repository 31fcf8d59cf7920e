"""An order's progress in the customer's words, from its row and events, which are never pruned.

The ledger is read only for stages that are not reached yet, and for those that other subscriptions
declare.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils import timezone

from bus.streams import Published, declared_stages, events_of, in_progress
from orders.models import Order, State
from shop.events import (
    InvoiceIssued,
    InvoiceNumbered,
    OrderCancelled,
    OrderPlaced,
    ShipmentDispatched,
    StockReserved,
)
from shop.stages import Stage

REACHED_BY = {
    OrderPlaced.__name__: Stage.RECEIVED,
    StockReserved.__name__: Stage.SET_ASIDE,
    ShipmentDispatched.__name__: Stage.ON_ITS_WAY,
    OrderCancelled.__name__: Stage.CANCELLED,
}
DOCUMENTS = {"invoice": Stage.INVOICE, "credit note": Stage.CREDIT_NOTE}
THE_WAY = (Stage.RECEIVED, Stage.SET_ASIDE, Stage.INVOICE, Stage.ON_ITS_WAY)

RELOADS = (
    (timedelta(minutes=1), 5),
    (timedelta(minutes=10), 30),
    (timedelta(hours=1), 300),
)
"""(age of the order's latest event, seconds until its page reloads); older ones do not reload."""


class Progress(StrEnum):
    DONE = "done"
    UNDER_WAY = "under way"
    DELAYED = "delayed"
    TO_COME = "to come"


@dataclass(frozen=True)
class Step:
    """A stage of one order. `at` is when it was reached, None before."""

    stage: str
    state: Progress
    at: datetime | None = None


@dataclass(frozen=True)
class Story:
    """An order's stages, which documents it has, and when its page reloads."""

    steps: list[Step]
    has_invoice: bool
    has_credit_note: bool
    reload_after: int | None
    """Seconds; None if the page need not reload."""
    invoice: str = ""
    """The invoice's number, once it has one."""
    due_on: date | None = None
    carrier: str = ""
    tracking_number: str = ""
    going: bool = False
    """Something of the order waits or is in flight."""

    @property
    def ended(self) -> bool:
        """Nothing more is to come."""
        return not self.going and all(step.state == Progress.DONE for step in self.steps)

    @property
    def delayed(self) -> bool:
        return any(step.state == Progress.DELAYED for step in self.steps)

    def reached(self, stage: str) -> bool:
        return any(step.stage == stage and step.state == Progress.DONE for step in self.steps)


def story(order: Order) -> Story:
    """The order's progress as its page and the API show it. Three queries."""
    number = str(order.number)
    events = events_of(number)
    reached = _reached(order, events)
    going = _going(number)
    steps = [
        Step(stage, Progress.DONE, reached[stage])
        if stage in reached
        else Step(stage, going.get(stage, (Progress.TO_COME, None))[0])
        for stage in _expected(order, events, reached)
    ]
    known = {step.stage for step in steps}
    steps += [Step(name, *how) for name, how in going.items() if name not in known | {*Stage}]
    at_work = in_progress(number)
    return Story(
        steps=steps,
        has_invoice=Stage.INVOICE in reached,
        has_credit_note=Stage.CREDIT_NOTE in reached,
        reload_after=_reload_after(events) if at_work else None,
        going=at_work,
        **_invoice(events),
        **_parcel(events),
    )


def _invoice(events: list[Published]) -> dict[str, Any]:
    """Its number, and until when it is to be paid; events of earlier releases do not say that."""
    for event in events:
        if event.type == InvoiceNumbered.__name__ and event.data["kind"] == "invoice":
            due = event.data.get("due_on")
            return {"invoice": event.data["document"], "due_on": due and date.fromisoformat(due)}
    return {}


def _parcel(events: list[Published]) -> dict[str, Any]:
    """Who carries the goods, and under which number."""
    for event in events:
        if event.type == ShipmentDispatched.__name__:
            return {name: event.data.get(name, "") for name in ("carrier", "tracking_number")}
    return {}


def _reached(order: Order, events: list[Published]) -> dict[str, datetime]:
    """When each stage was reached: by the order's row, else by the events."""
    found: dict[str, datetime | None] = {}
    for event in events:
        if event.type == InvoiceIssued.__name__:
            found.setdefault(DOCUMENTS[event.data["kind"]], event.at)
        elif event.type in REACHED_BY:
            found.setdefault(REACHED_BY[event.type], event.at)
    noted = {
        Stage.RECEIVED: order.placed_at,
        Stage.SET_ASIDE: order.reserved_at,
        Stage.ON_ITS_WAY: order.shipped_at,
        Stage.CANCELLED: order.cancelled_at,
    }
    found |= {stage: at for stage, at in noted.items() if at}
    return {stage: at for stage, at in found.items() if at}


def _expected(order: Order, events: list[Published], reached: dict[str, datetime]) -> list[Stage]:
    """A cancelled order ends with its cancellation, and a credit note if it was invoiced."""
    if order.state != State.CANCELLED:
        return list(THE_WAY)
    invoiced = any(event.type == InvoiceNumbered.__name__ for event in events)
    way = [stage for stage in THE_WAY if stage in reached]
    return [*way, Stage.CANCELLED, *([Stage.CREDIT_NOTE] if invoiced else [])]


def _going(number: str) -> dict[str, tuple[Progress, datetime | None]]:
    """Progress of declared stages by the ledger: the worst of each; discarded ones do not count."""
    found: dict[str, tuple[Progress, datetime | None]] = {}
    rank = [Progress.DONE, Progress.UNDER_WAY, Progress.DELAYED]
    for one in declared_stages(number):
        if one.state == "discarded":
            continue
        progress = {"done": Progress.DONE, "dead": Progress.DELAYED}.get(
            one.state, Progress.UNDER_WAY
        )
        before = found.get(one.stage, (Progress.DONE, None))[0]
        if one.stage not in found or rank.index(progress) >= rank.index(before):
            found[one.stage] = progress, one.at if progress is Progress.DONE else None
    # The order's own stages are reached by an event, not by a handler that is done.
    return {
        stage: (Progress.UNDER_WAY, None) if stage in {*Stage} and how[0] == Progress.DONE else how
        for stage, how in found.items()
    }


def _reload_after(events: list[Published]) -> int | None:
    latest = max((event.at for event in events), default=None)
    if latest is None:
        return None
    age = timezone.now() - latest
    return next((seconds for longest, seconds in RELOADS if age < longest), None)
