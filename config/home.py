"""The admin's first page: what needs a person, and the shop's day in figures.

Each card is shown, and its query run, for those only who may view the rows that it counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from analytics.selectors import revenue_between, revenue_by_day
from bus.audit.attention import Concern, concerns
from bus.failures import retrying
from fulfillment.selectors import packing
from inventory.selectors import low_items
from orders import phases
from orders.models import Erasure, Order
from orders.selectors import WEEK, Overview, latest, overview, waiting_erasures
from outlets.models import Endpoint
from outlets.selectors import disabled_by_shop

LATEST = 8
"""Orders on the page."""

LOWEST = 6
"""Products on the page that are low in stock."""

TREND = timedelta(days=13)
"""Before today."""

SHADES = {
    phases.WAITING: "waiting",
    phases.SET_ASIDE: "set-aside",
    phases.SHIPPED: "shipped",
    phases.CANCELLED: "cancelled",
    phases.REJECTED: "rejected",
}


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the cards that the user may see."""
    now = timezone.localtime(timezone=timezone.get_default_timezone())
    may = request.user.has_perm
    cards: dict[str, Any] = {"needs_person": None}
    for permission, card in CARDS:
        if may(permission):
            cards |= card(now)
    if may("orders.erase_customer") and (waiting := list(map(_erasure, waiting_erasures()))):
        cards["needs_person"] = [*(cards["needs_person"] or []), *waiting]
    packs = may("fulfillment.dispatch_shipment")
    board = "packingboard_changelist" if packs else "shipment_changelist"
    return {
        **context,
        **cards,
        "currency": settings.CURRENCY,
        "packing_page": reverse(f"admin:fulfillment_{board}")
        + ("" if packs else "?state__exact=released"),
        "any_card": any(card is not None for card in cards.values()),
    }


@dataclass(frozen=True)
class Compared:
    """A figure of today, and of the same weekday of last week until the same time of day."""

    today: Any
    before: Any

    @property
    def percent(self) -> int | None:
        """The difference; None if there is nothing to compare with."""
        if not self.before:
            return None
        return round((Decimal(self.today) / Decimal(self.before) - 1) * 100)


@dataclass(frozen=True)
class Bar:
    """A day of the trend. `height` is in percent of the scale's highest mark."""

    day: date
    orders: int
    revenue: Decimal
    height: Decimal
    today: bool

    @property
    def top(self) -> Decimal:
        return 100 - self.height


def _attention(_now: datetime) -> dict[str, Any]:
    return {
        "needs_person": [*map(_shown, concerns()), *map(_disabled, disabled_by_shop())],
        "retrying": retrying(),
        "retrying_page": reverse("admin:bus_failure_changelist", query={"state": "retrying"}),
    }


def _disabled(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "kind": "endpoint disabled",
        "what": f"{endpoint}: {endpoint.disabled_because} Its webhooks are skipped.",
        "since": endpoint.disabled_at,
        "link": reverse("admin:outlets_endpoint_change", args=[endpoint.pk]),
    }


def _erasure(erasure: Erasure) -> dict[str, Any]:
    return {
        "kind": "erasure",
        "what": f"{erasure.requested_by} requests to erase a customer's data. Another person must "
        "agree.",
        "since": erasure.requested_at,
        "link": reverse("admin:orders_erasure_change", args=[erasure.pk]),
    }


def _shown(concern: Concern) -> dict[str, Any]:
    model, _, query = concern.page.partition("?")
    link = reverse(f"admin:bus_{model}_changelist") + (query and f"?{query}") if model else ""
    return {"kind": concern.kind, "what": concern.what, "since": concern.since, "link": link}


def _orders(now: datetime) -> dict[str, Any]:
    found = overview(now)
    return {
        "orders": Compared(found.today, found.a_week_ago),
        "phases": _phases(found),
        "latest": [_labelled(order) for order in latest(LATEST)],
    }


def _phases(found: Overview) -> list[dict[str, Any]]:
    """How many orders are in each phase, with its share in percent and its list."""
    total = sum(found.by_phase.values())
    page = reverse("admin:orders_order_changelist")
    return [
        {
            "name": name,
            "count": count,
            "share": round(100 * count / total, 1) if total else 0,
            "shade": SHADES[name],
            "link": f"{page}?{urlencode({'phase': name, 'placed_at__gte': found.since})}",
        }
        for name, count in found.by_phase.items()
    ]


def _labelled(order: Order) -> dict[str, Any]:
    phase = phases.phase_of(order)
    return {"order": order, "phase": phase, "colour": phases.COLOURS[phase]}


def _revenue(now: datetime) -> dict[str, Any]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = revenue_by_day(now.date() - TREND, now.date())
    scale = _scale(max(Decimal(figures.revenue) for figures in days.values()))
    bars = [
        Bar(
            day=day,
            orders=figures.orders,
            revenue=Decimal(figures.revenue),
            height=(Decimal(figures.revenue) * 100 / scale[0]).quantize(Decimal("0.1")),
            today=day == now.date(),
        )
        for day, figures in days.items()
    ]
    before = revenue_between(midnight - WEEK, now - WEEK)
    reversed_by_day = [Decimal(figures.reversed_revenue) for figures in days.values()]
    return {
        "revenue": Compared(bars[-1].revenue, before),
        "trend": bars,
        "scale": scale,
        "revenue_in_trend": sum(bar.revenue for bar in bars),
        "cancelled_today": reversed_by_day[-1],
        "cancelled_in_trend": sum(reversed_by_day),
    }


def _scale(most: Decimal) -> list[Decimal]:
    """Marks from the first one that is not below `most` down to 0, as on the live page: at most
    four steps, each 1, 2 or 5 times a power of ten, and none below 1."""
    powers = (Decimal(10) ** digits for digits in count())
    steps = (factor * power for power in powers for factor in (1, 2, 5))
    step = next(step for step in steps if 4 * step >= most)
    highest = max(ceil(most / step), 1)
    return [step * number for number in range(highest, -1, -1)]


def _packing(_now: datetime) -> dict[str, Any]:
    return {"packing": packing()}


def _low(_now: datetime) -> dict[str, Any]:
    rows = low_items()
    return {"low": {"count": rows.count(), "rows": list(rows[:LOWEST])}}


CARDS: list[tuple[str, Callable[[datetime], dict[str, Any]]]] = [
    ("bus.view_delivery", _attention),
    ("orders.view_order", _orders),
    ("analytics.view_dayfigures", _revenue),
    ("fulfillment.view_shipment", _packing),
    ("inventory.view_stockitem", _low),
]
