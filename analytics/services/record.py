"""Counting events, each once however often it is delivered."""

from collections.abc import Sequence
from itertools import groupby

from django.db import transaction

from analytics.models import FIGURES
from analytics.services.aggregate import Tally
from analytics.services.upsert import add_figures, count_once
from shop.events import (
    OrderCancelled,
    OrderEvent,
    OrderPlaced,
    ShipmentDispatched,
    StockRejected,
)


def record_sales(orders: Sequence[OrderPlaced]) -> None:
    """Count the orders, revenue and units in the sale's minute and day, in the order's currency."""
    record_events(orders)


def reverse_sales(cancellations: Sequence[OrderCancelled]) -> None:
    """Count the orders as cancelled on the day of the cancellation, not of the sale.

    The day of the sale may be closed and reported; a credit note has the date of its issue too.
    """
    record_events(cancellations)


def record_rejections(rejections: Sequence[StockRejected]) -> None:
    """Count the orders that the stock rejected."""
    record_events(rejections)


def record_dispatches(dispatches: Sequence[ShipmentDispatched]) -> None:
    """Count the orders whose goods were dispatched."""
    record_events(dispatches)


def record_events(events: Sequence[OrderEvent]) -> int:
    """Count the events that are not counted yet, in one transaction; returns how many."""
    events = sorted(events, key=lambda event: (kind_of(event), event.number))
    fresh: dict[tuple[str, str], OrderEvent] = {}
    with transaction.atomic():
        for kind, same in groupby(events, kind_of):
            by_number = {event.number: event for event in same}
            for number in count_once(kind, by_number):
                fresh[kind, number] = by_number[number]
        _add(list(fresh.values()))
    return len(fresh)


def kind_of(event: OrderEvent) -> str:
    return type(event).__name__


def _add(events: list[OrderEvent]) -> None:
    tally = Tally(events)
    for figures in FIGURES:
        add_figures(figures, tally.rows[figures], tally.names)
