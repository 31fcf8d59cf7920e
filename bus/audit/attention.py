"""What needs a person: one list for the admin's first page and, counted, for `/readyz`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.db.models.functions import Now

from bus import handlers, selectors
from bus.models import AuditResult, Delivery, Event, State, Subscription
from bus.ops import counted
from bus.store import inspection

FAILING_FOR = timedelta(hours=1)
"""A delivery that has failed and been open for so long: mail is out, or the database is locked.
Such trouble may use up no try for a day, and must be visible before its deliveries are dead."""

PAUSED_FOR = timedelta(days=1)
"""Longer than an operator pauses a subscription for a night."""

IN_OUTBOX_FOR = timedelta(minutes=1)

AUDIT_EVERY = timedelta(days=2)
"""The audit runs every night; one may be missed."""


class Kind(StrEnum):
    """Why a person must act. `/readyz` is public and shows only these and their counts."""

    DEAD = "dead deliveries"
    STANDING = "subscriptions that stand still"
    FAILING = "subscriptions that fail for long"
    PAUSED = "subscriptions paused for long"
    NO_CODE = "subscriptions without code"
    RELAY = "relay silent"
    BROKER = "broker trouble"
    OUTBOX = "events not fanned out"
    AUDIT = "audit findings"
    AUDIT_MISSING = "audit answers missing"


@dataclass(frozen=True)
class Concern:
    """One thing that needs a person; names ids, subscriptions and rules, never persons."""

    kind: Kind
    what: str
    count: int = 1
    since: datetime | None = None
    page: str = ""
    """Where to act in the admin: a model of the bus and its list's filter."""


def concerns() -> list[Concern]:
    """All that needs a person now, in a dozen small queries."""
    return [
        *_relay_and_broker(),
        *_outbox(),
        *_dead(),
        *_standing(),
        *_failing(),
        *_paused(),
        *_without_code(),
        *_audit(),
    ]


def counts() -> dict[str, int]:
    """How many of each kind, for a public page."""
    found: Counter[str] = Counter()
    for concern in concerns():
        found[concern.kind.value] += concern.count
    return dict(found)


def _relay_and_broker() -> Iterator[Concern]:
    state = selectors.broker_state()
    if state.silent and Subscription.objects.exists():
        what = "No relay is running: start one, or manage.py work if there is no broker."
        yield Concern(Kind.RELAY, what, since=state.at)
    if state.ok is False:
        yield Concern(Kind.BROKER, f"{state.error}. Due deliveries wait in the ledger.")


def _outbox() -> Iterator[Concern]:
    state = selectors.outbox_state(older_than=IN_OUTBOX_FOR)
    if state.count:
        what = f"{state.count} events not fanned out: is a relay running?"
        yield Concern(Kind.OUTBOX, what, state.count, state.oldest_at, "event")


def _dead() -> Iterator[Concern]:
    dead = Delivery.objects.filter(state=State.DEAD).values_list(
        "subscription_id", "subscription__name"
    )
    numbers = (Count("id"), Count("failure_key"), Min("closed_at"))
    for pk, name, count, in_groups, since in dead.annotate(*numbers).order_by("subscription__name"):
        what = f"{name}: {counted(count)} dead. Deliver them again or discard them."
        # Those that died before failures were kept are in no group.
        page = f"delivery?state__exact=dead&subscription__id__exact={pk}"
        if in_groups == count:
            page = f"failure?subscription={name}&state=dead"
        yield Concern(Kind.DEAD, what, count, since, page)


def _standing() -> Iterator[Concern]:
    """A subscription without a worker, or one whose worker is far behind."""
    for row in inspection.standing():
        queue, stands_since = row.queue.name, row.retry_at or row.due_since
        what = f"{row.subscription}: due and not started. Does a worker of the queue {queue} run?"
        yield Concern(Kind.STANDING, what, since=stands_since, page=_deliveries_of(row))


def _failing() -> Iterator[Concern]:
    """Subscriptions whose deliveries fail and are tried again; those with the latest try first."""
    for row in inspection.failing(FAILING_FOR):
        what = f"{row.subscription}: deliveries fail and are tried again. They show the error."
        page = f"failure?subscription={row.subscription}" if row.failure_key else ""
        yield Concern(Kind.FAILING, what, since=row.due_since, page=page or _deliveries_of(row))


def _deliveries_of(row: Delivery) -> str:
    return f"delivery?subscription__id__exact={row.subscription_id}"


def _paused() -> Iterator[Concern]:
    waiting = Delivery.objects.filter(subscription=OuterRef("pk"), state=State.WAITING)
    long = Subscription.objects.filter(paused_at__lt=Now() - PAUSED_FOR, retired_at__isnull=True)
    for row in long.filter(Exists(waiting)):
        what = f"{row.name} is paused for more than a day, and deliveries wait for it. Resume it?"
        yield Concern(Kind.PAUSED, what, since=row.paused_at, page=f"subscription?q={row.name}")


def _without_code() -> Iterator[Concern]:
    """Not subscriptions that were registered after this process started: a new subscriber's worker
    has newer code, while web and relay keep theirs. Without a worker it stands still."""
    known = [handler.name for handler in handlers.declared()]
    judged = Subscription.objects.filter(
        retired_at__isnull=True, registered_at__lt=handlers.LOADED_AT
    )
    rows = judged.exclude(name__in=known)
    for row in rows:
        what = f"{row.name} is registered, and this release has no code for it. Retire it?"
        yield Concern(Kind.NO_CODE, what, page=f"subscription?q={row.name}")


def _audit() -> Iterator[Concern]:
    old = Now() - AUDIT_EVERY
    for result in AuditResult.objects.filter(findings__gt=0):
        what = f"Not true: {result.rule}. manage.py audit lists the findings."
        yield Concern(Kind.AUDIT, what, result.findings, result.at, "auditresult")
    for result in AuditResult.objects.filter(Q(unseen=True) | Q(at__lt=old)):
        what = f"Not checked lately: {result.rule}. Run manage.py audit where it can be checked."
        yield Concern(Kind.AUDIT_MISSING, what, since=result.at, page="auditresult")
    if not AuditResult.objects.exists() and Event.objects.filter(at__lt=old).exists():
        what = "The audit has never run: is beat running, or manage.py work?"
        yield Concern(Kind.AUDIT_MISSING, what)
