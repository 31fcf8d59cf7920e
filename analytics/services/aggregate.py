"""What events add to the figures, summed in memory before it is written."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import singledispatch
from typing import Any

from django.db import models
from django.utils import timezone

from analytics.models import DayFigures, MinuteFigures, ProductFigures
from shop.events import Line, OrderCancelled, OrderEvent, OrderPlaced, ShipmentDispatched
from shop.events import StockRejected as Rejected

Key = tuple[Any, ...]
Share = dict[str, int | Decimal]


class Tally:
    """Sums per row of each table of figures, and the label of each product's row."""

    def __init__(self, events: Iterable[OrderEvent] = ()) -> None:
        self.rows: dict[type[models.Model], dict[Key, Counter[str]]] = defaultdict(
            lambda: defaultdict(Counter)
        )
        self.names: dict[Key, str] = {}
        for event in events:
            self.add(event)

    def add(self, event: OrderEvent) -> None:
        day, currency, share = shop_day(event.at), currency_of(event), order_share(event)
        self.rows[MinuteFigures][utc_minute(event.at), currency].update(share)
        self.rows[DayFigures][day, currency].update(share)
        for line, line_share in _line_shares(event):
            product = day, line.sku, currency
            self.rows[ProductFigures][product].update(line_share)
            self.names[product] = line.name


def currency_of(event: OrderEvent) -> str:
    """The currency of its amounts; empty if it has none."""
    return event.currency if isinstance(event, OrderPlaced) else ""


def utc_minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def shop_day(at: datetime) -> date:
    """The day in `settings.TIME_ZONE`, whatever time zone is active."""
    return timezone.localdate(at, timezone.get_default_timezone())


@singledispatch
def order_share(event: OrderEvent) -> Share:
    """What one event adds to the counters of its minute and its day.

    Raises:
        TypeError: the figures do not count events of this type.
    """
    name = type(event).__name__
    raise TypeError(f"{name} is not counted; register what it adds with order_share.")


@order_share.register
def _(event: OrderPlaced) -> Share:
    units = sum(line.quantity for line in event.lines)
    return {"orders": 1, "units": units, "revenue": event.total, "net": event.net}


@order_share.register
def _(event: OrderCancelled) -> Share:
    return {"cancelled": 1, "reversed_revenue": event.total}


@order_share.register
def _(_event: Rejected) -> Share:
    return {"rejected": 1}


@order_share.register
def _(_event: ShipmentDispatched) -> Share:
    return {"dispatched": 1}


def _line_shares(event: OrderEvent) -> Iterator[tuple[Line, Share]]:
    # OrderCancelled is a subclass of OrderPlaced, so it is checked first.
    if isinstance(event, OrderCancelled):
        for line in event.lines:
            yield line, {"cancelled_units": line.quantity, "reversed_revenue": line.total}
    elif isinstance(event, OrderPlaced):
        for line in event.lines:
            yield line, {"units": line.quantity, "revenue": line.total}
