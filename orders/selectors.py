"""Queries for orders."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from orders.models import VALID, Erasure, Order, State
from orders.phases import DRAFT, PHASES
from shop import links
from shop.mailboxes import GMAIL, mailbox

OVERVIEW = timedelta(days=14)
"""How far back `overview` counts; longer than the week that it compares with."""

WEEK = timedelta(days=7)


def public_orders() -> QuerySet[Order]:
    """The orders that customers have placed: all but drafts."""
    return Order.objects.exclude(state=State.DRAFT)


def order_of_link(token: str) -> Order | None:
    """The order of a customer's link, by the hash of its token; None if there is none.

    The link of a forgotten customer leads nowhere.
    """
    found = public_orders().filter(link_hash=links.hash_of(token), forgotten_at=None)
    return found.first()


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


def orders_of(email: str) -> QuerySet[Order]:
    """All orders and drafts of a person: of every spelling of this address that is delivered to
    the same mailbox. Reads the addresses of its domain."""
    person = mailbox(email)
    domain = person.rpartition("@")[2]
    ends = Q()
    for one in GMAIL if domain in GMAIL else [domain]:
        ends |= Q(email__iendswith=f"@{one}")
    spellings = Order.objects.filter(ends).order_by().values_list("email", flat=True).distinct()
    return Order.objects.filter(email__in=[one for one in spellings if mailbox(one) == person])


def waiting_erasures() -> QuerySet[Erasure]:
    """The requests to erase that can be agreed to, the oldest first."""
    since = timezone.now() - VALID
    return Erasure.objects.filter(erased_at=None, requested_at__gt=since).order_by("id")


MOST_FOUND = 25


def numbers_of(email: str) -> list[str]:
    """The numbers of the newest placed orders of a whole e-mail address, found by its index."""
    placed = Order.objects.filter(email=email).exclude(number=None).order_by("-id")
    return [number for number in placed.values_list("number", flat=True)[:MOST_FOUND] if number]
