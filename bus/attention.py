"""What needs a person: one list for the admin's first page and, counted, for `/readyz`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection
from django.db.models import Count, F, Min
from django.db.models.functions import Coalesce, Now

from bus import registry, selectors
from bus.audit.standstill import IS_IN_FLIGHT, STANDS_SINCE
from bus.clock import sql_ago, sql_now
from bus.models import AuditResult, Delivery, State, Subscription
from bus.operations import counted
from bus.relay.claiming import LANE_IS_FREE
from bus.relay.work import CLAIMABLE

STANDING_FOR = timedelta(minutes=10)
"""A delivery that is due for longer and not begun has no worker, or one that is far behind: a
lease is two minutes, and the relay claims within a second."""

IN_OUTBOX_FOR = timedelta(minutes=1)

AUDIT_EVERY = timedelta(days=2)
"""The audit is asked nightly; one night may be missed."""

LOOKED_AT = 100
"""Due deliveries of a subscription: those that have been due for longest come first."""


class Kind(StrEnum):
    """Why somebody must act. `/readyz` is public and tells no more than these, and how many."""

    DEAD = "dead deliveries"
    STANDING = "subscriptions that stand still"
    NO_CODE = "subscriptions without code"
    RELAY = "relay silent"
    BROKER = "broker trouble"
    OUTBOX = "events not fanned out"
    AUDIT = "audit findings"
    AUDIT_MISSING = "audit answers missing"


@dataclass(frozen=True)
class Concern:
    """One thing that needs a person; names ids, subscriptions and rules, never customers."""

    kind: Kind
    what: str
    count: int = 1
    since: datetime | None = None
    page: str = ""
    """Where to act in the admin: a model of the bus and its list's filter."""


def concerns() -> list[Concern]:
    """All that needs a person now, in half a dozen small queries."""
    return [
        *_relay_and_broker(),
        *_outbox(),
        *_dead(),
        *_standing(),
        *_without_code(),
        *_audit(),
    ]


def counts() -> dict[str, int]:
    """How many of each kind, for a page that everybody may read."""
    found: Counter[str] = Counter()
    for concern in concerns():
        found[concern.kind.value] += concern.count
    return dict(found)


def _relay_and_broker() -> Iterator[Concern]:
    state = selectors.broker_state()
    if state.silent and Subscription.objects.exists():
        what = "No relay is at work: start one, or run manage.py relay --drain."
        yield Concern(Kind.RELAY, what, since=state.at)
    if state.ok is False:
        yield Concern(Kind.BROKER, f"{state.error}. What is due waits in the ledger.")


def _outbox() -> Iterator[Concern]:
    state = selectors.outbox_state(older_than=IN_OUTBOX_FOR)
    if state.count:
        what = f"{state.count} published and not fanned out: is a relay at work?"
        yield Concern(Kind.OUTBOX, what, state.count, state.oldest_at, "event")


def _dead() -> Iterator[Concern]:
    dead = Delivery.objects.filter(state=State.DEAD).values_list(
        "subscription_id", "subscription__name"
    )
    for pk, name, count, since in dead.annotate(Count("id"), Min("closed_at")).order_by(
        "subscription__name"
    ):
        what = f"{name}: {counted(count)} dead. Deliver again or discard."
        page = f"delivery?state__exact=dead&subscription__id__exact={pk}"
        yield Concern(Kind.DEAD, what, count, since, page)


def _standing() -> Iterator[Concern]:
    rows = Delivery.objects.filter(id__in=_stand_still()).annotate(
        since=Coalesce("retry_at", "due_since"), queue_name=F("queue__name")
    )
    for row in rows.select_related("subscription").order_by("subscription__name"):
        name = row.subscription.name
        what = f"{name}: due and not begun. Is a worker running that takes {row.queue_name}?"
        page = f"delivery?subscription__id__exact={row.subscription_id}"
        yield Concern(Kind.STANDING, what, since=row.since, page=page)


def _stand_still() -> list[int]:
    """For each subscription that may be claimed from, one delivery that stands too long."""
    ago = sql_ago(STANDING_FOR.total_seconds())
    due = (
        f"d.state = 'waiting' AND d.due_at <= {sql_now()} "
        f"AND (NOT d.ordered OR (TRUE {LANE_IS_FREE})) ORDER BY d.due_at, d.id"
    )
    sent = f"{IS_IN_FLIGHT} AND (d.state || '') = 'sent' ORDER BY d.lease_until"
    first = (
        f"(SELECT x.id FROM (SELECT d.id, {STANDS_SINCE} AS since FROM bus_delivery d "
        f"WHERE d.subscription_id = s.id AND {{}} LIMIT {LOOKED_AT}) x "
        f"WHERE x.since < {ago} ORDER BY x.since LIMIT 1)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COALESCE({first.format(due)}, {first.format(sent)}) "
            f"FROM bus_subscription s WHERE {CLAIMABLE.format(ago)}",
            (),
        )
        return [pk for (pk,) in cursor.fetchall() if pk is not None]


def _without_code() -> Iterator[Concern]:
    known = [reaction.name for reaction in registry.reactions()]
    rows = Subscription.objects.filter(retired_at__isnull=True).exclude(name__in=known)
    for row in rows:
        what = f"{row.name} is registered, and this release has no code for it. Retire it?"
        yield Concern(Kind.NO_CODE, what, page=f"subscription?q={row.name}")


def _audit() -> Iterator[Concern]:
    old = Now() - AUDIT_EVERY
    for result in AuditResult.objects.filter(findings__gt=0):
        what = f"Not so: {result.rule}. Run manage.py audit for what it found."
        yield Concern(Kind.AUDIT, what, result.findings, result.at, "auditresult")
    missing = AuditResult.objects.filter(unseen=True) | AuditResult.objects.filter(at__lt=old)
    for result in missing:
        what = f"Nobody has seen lately whether it is so: {result.rule}. Run manage.py audit there."
        yield Concern(Kind.AUDIT_MISSING, what, since=result.at, page="auditresult")
