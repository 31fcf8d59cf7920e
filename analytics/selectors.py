"""The queries of the dashboard."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Sum, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from analytics.models import DayFigures, MinuteFigures, ProductFigures
from bus import conf
from bus.feed import News
from bus.selectors import broker_state, outbox_state, queue_states
from shop.money import plain

MINUTES = 60
TOP_PRODUCTS = 8
Figures = dict[str, Any]


def dashboard() -> Figures:
    """Everything the dashboard shows, as plain values for JSON; amounts are strings.

    Orders are counted over all currencies; amounts of different currencies are never added.
    """
    now = timezone.now()
    today = timezone.localdate(now, timezone.get_default_timezone())
    return {
        "currency": settings.CURRENCY,
        "day": today.isoformat(),
        "today": totals(today),
        "minutes": last_minutes(now),
        "products": top_products(today),
        "queues": queues(),
        "outbox": outbox(),
        "broker": broker(),
    }


def news(watched: Mapping[str, str]) -> dict[str, News]:
    """The figures for those who have others; see `bus.feed.Read`."""
    figures = dashboard()
    mark = hashlib.sha256(json.dumps(figures).encode()).hexdigest()[:16]
    return {key: News(mark, figures) for key, seen in watched.items() if seen != mark}


def totals(day: date) -> Figures:
    """The day's counts, amounts in the shop's currency, and `others` for each other currency."""
    rows = list(DayFigures.objects.filter(day=day))
    by_currency = {row.currency: row for row in rows if row.currency}
    own = by_currency.pop(settings.CURRENCY, None) or DayFigures(currency=settings.CURRENCY)
    counts = ("orders", "units", "cancelled", "rejected", "dispatched")
    return {
        **{name: sum(getattr(row, name) for row in rows) for name in counts},
        **_amounts(own),
        "others": [_amounts(by_currency[code]) for code in sorted(by_currency)],
    }


def _amounts(row: DayFigures) -> Figures:
    average = row.revenue / row.orders if row.orders else Decimal(0)
    return {
        "currency": row.currency,
        "revenue": plain(Decimal(row.revenue), row.currency),
        "net": plain(Decimal(row.net), row.currency),
        "reversed": plain(Decimal(row.reversed_revenue), row.currency),
        "average": plain(average, row.currency),
    }


def last_minutes(now: datetime) -> list[Figures]:
    """The last sixty minutes, the current one last, including those without an order.

    Each has the revenue in the shop's currency, and `others` for every other currency of the hour.
    """
    running = now.astimezone(UTC).replace(second=0, microsecond=0)
    minutes = [running - timedelta(minutes=ago) for ago in reversed(range(MINUTES))]
    orders: Counter[datetime] = Counter()
    revenue: dict[str, dict[datetime, Decimal]] = {settings.CURRENCY: {}}
    for row in MinuteFigures.objects.filter(minute__gte=minutes[0]).exclude(currency=""):
        orders[row.minute] += row.orders
        revenue.setdefault(row.currency, {})[row.minute] = row.revenue
    others = sorted(code for code in revenue if code != settings.CURRENCY)

    def taken(code: str, minute: datetime) -> str:
        return plain(Decimal(revenue[code].get(minute, 0)), code)

    return [
        {
            "at": minute.isoformat(),
            "orders": orders[minute],
            "revenue": taken(settings.CURRENCY, minute),
            "others": {code: taken(code, minute) for code in others},
        }
        for minute in minutes
    ]


def top_products(day: date) -> list[Figures]:
    """The day's top products by revenue in each currency, the shop's currency first."""
    sold = ProductFigures.objects.filter(day=day, units__gt=0)
    place = Window(RowNumber(), partition_by="currency", order_by=["-revenue", "sku"])
    best: dict[str, list[ProductFigures]] = {}
    for row in sold.annotate(place=place).filter(place__lte=TOP_PRODUCTS).order_by("place"):
        best.setdefault(row.currency, []).append(row)
    return [
        {
            "sku": row.sku,
            "name": row.name,
            "units": row.units,
            "revenue": plain(row.revenue, code),
            "currency": code,
        }
        for code in sorted(best, key=lambda code: (code != settings.CURRENCY, code))
        for row in best[code]
    ]


def queues() -> list[Figures]:
    return [
        {
            "name": queue.name,
            "waiting": queue.waiting,
            "in_flight": queue.in_flight,
            "dead": queue.dead,
            "oldest_at": queue.oldest_at and queue.oldest_at.isoformat(),
            "paused": queue.paused,
        }
        for queue in queue_states()
    ]


def outbox() -> Figures:
    """Events that are not fanned out yet; a relay does so within a second."""
    state = outbox_state()
    return {"count": state.count, "oldest_at": state.oldest_at and state.oldest_at.isoformat()}


def broker() -> Figures:
    """The broker's state by the relay's heartbeat; `silent_since` is set if the relay is silent."""
    state = broker_state()
    return {
        "there": conf.has_broker(),
        "ok": state.ok,
        "error": state.error,
        "silent_since": state.at.isoformat() if state.silent and state.at else None,
    }


def revenue_by_day(first: date, last: date) -> dict[date, DayFigures]:
    """The figures in the shop's currency of each day, days without a sale included."""
    rows = DayFigures.objects.filter(day__range=(first, last), currency=settings.CURRENCY)
    found = {row.day: row for row in rows}
    days = [first + timedelta(days=ago) for ago in range((last - first).days + 1)]
    return {day: found.get(day) or DayFigures(day=day, currency=settings.CURRENCY) for day in days}


def revenue_between(start: datetime, end: datetime) -> Decimal:
    """The revenue in the shop's currency, by the minute; at most a day, since it adds minutes."""
    minutes = MinuteFigures.objects.filter(
        minute__gte=start, minute__lt=end, currency=settings.CURRENCY
    )
    return minutes.aggregate(sum=Sum("revenue"))["sum"] or Decimal(0)
