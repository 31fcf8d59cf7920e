"""What the dashboard shows, read in a handful of small queries."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from analytics.models import DayFigures, MinuteFigures, ProductFigures
from bus.selectors import broker_state, outbox_state, queue_states
from shop.money import rounded

MINUTES = 60
TOP_PRODUCTS = 8
Figures = dict[str, Any]


def dashboard() -> Figures:
    """All that the dashboard shows now: plain values, ready for JSON, amounts as strings."""
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


def totals(day: date) -> Figures:
    row = DayFigures.objects.filter(day=day).first() or DayFigures(day=day)
    average = row.revenue / row.orders if row.orders else Decimal(0)
    counts = ("orders", "units", "cancelled", "rejected", "dispatched")
    return {name: getattr(row, name) for name in counts} | {
        "revenue": money(row.revenue),
        "net": money(row.net),
        "reversed": money(row.reversed_revenue),
        "average": money(average),
    }


def last_minutes(now: datetime) -> list[Figures]:
    """The last sixty minutes, the running one last; minutes without an order are there too."""
    running = now.astimezone(UTC).replace(second=0, microsecond=0)
    minutes = [running - timedelta(minutes=ago) for ago in reversed(range(MINUTES))]
    rows = {row.minute: row for row in MinuteFigures.objects.filter(minute__gte=minutes[0])}
    found = [rows.get(minute) or MinuteFigures(minute=minute) for minute in minutes]
    return [
        {"at": row.minute.isoformat(), "orders": row.orders, "revenue": money(row.revenue)}
        for row in found
    ]


def top_products(day: date) -> list[Figures]:
    """The day's best products by revenue."""
    sold = ProductFigures.objects.filter(day=day, units__gt=0).order_by("-revenue", "sku")
    return [
        {"sku": row.sku, "name": row.name, "units": row.units, "revenue": money(row.revenue)}
        for row in sold[:TOP_PRODUCTS]
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
    """Placed and published, and not fanned out yet: a relay does so within a second."""
    state = outbox_state()
    return {"count": state.count, "oldest_at": state.oldest_at and state.oldest_at.isoformat()}


def broker() -> Figures:
    """What the relay says of the broker; `silent_since` is set when the relay itself is silent."""
    state = broker_state()
    return {
        "ok": state.ok,
        "error": state.error,
        "silent_since": state.at.isoformat() if state.silent and state.at else None,
    }


def money(amount: Decimal | int) -> str:
    return str(rounded(Decimal(amount), settings.CURRENCY))
