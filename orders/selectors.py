"""Queries for orders."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from orders.models import Order, State
from orders.phases import DRAFT, PHASES
from shop import links

OVERVIEW = timedelta(days=14)
"""How far back `overview` counts; longer than the week that it compares with."""

WEEK = timedelta(days=7)


def public_orders() -> QuerySet[Order]:
    """The orders that customers can see: all but drafts."""
    return Order.objects.exclude(state=State.DRAFT)


def order_of_link(token: str) -> Order | None:
    """The order of a customer's link, by the hash of its token; None if there is none."""
    return public_orders().filter(link_hash=links.hash_of(token)).first()


def order_of_key(key: str) -> Order | None:
    """The order that was placed with this idempotency key, if there is one."""
    return Order.objects.filter(idempotencykey__key=key).first()


@dataclass(frozen=True)
class Overview:
    """The orders placed since `since`."""

    since: datetime
    today: int
    a_week_ago: int
    """Placed on the same weekday of last week, until the same time of day."""
    by_phase: dict[str, int]


def overview(now: datetime) -> Overview:
    """Count the orders of the last days, in one query. `now` is in the shop's time zone."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - OVERVIEW + timedelta(days=1)
    phases = {f"phase{place}": name for place, name in enumerate(PHASES) if name != DRAFT}
    found = Order.objects.filter(placed_at__gte=since).aggregate(
        today=Count("pk", filter=Q(placed_at__gte=midnight)),
        a_week_ago=Count("pk", filter=Q(placed_at__gte=midnight - WEEK, placed_at__lt=now - WEEK)),
        **{key: Count("pk", filter=PHASES[name]) for key, name in phases.items()},
    )
    by_phase = {name: found[key] for key, name in phases.items()}
    return Overview(since, found["today"], found["a_week_ago"], by_phase)


def latest(count: int) -> list[Order]:
    """The orders placed last, the newest first."""
    rows = Order.objects.filter(placed_at__isnull=False).order_by("-placed_at", "-id")
    return list(rows[:count])


MOST_FOUND = 25


def numbers_of(email: str) -> list[str]:
    """The numbers of the newest placed orders of a whole e-mail address, found by its index."""
    placed = Order.objects.filter(email=email).exclude(number=None).order_by("-id")
    return [number for number in placed.values_list("number", flat=True)[:MOST_FOUND] if number]
