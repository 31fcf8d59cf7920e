"""Checks for events and deliveries that have not moved for an hour."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial

from django.db.models import Count, Min, Q
from django.db.models.functions import Now

from bus.audit.checks import check
from bus.audit.findings import Finding, Operator
from bus.models import IN_FLIGHT, IS_OPEN, Delivery, Outbox
from bus.store.inspection import not_started

OVERDUE = timedelta(hours=1)
"""A relay fans out, claims and rescues within seconds. What has not started after this time has no
relay or no worker, or its workers are far behind."""

LOOK = "Start a relay and the worker of its queue, or run manage.py work or relay --drain."


@check("every event leaves the outbox")
def events_not_fanned_out() -> Iterator[Finding]:
    stuck = Outbox.objects.filter(event__at__lt=Now() - OVERDUE)
    found = stuck.aggregate(count=Count("pk"), first=Min("pk"))
    if found["count"]:
        yield Finding(
            f"event {found['first']}", _for_long("not fanned out", found["count"]), asks=LOOK
        )


@check("every delivery that is due is started")
def due_and_not_started() -> Iterator[Finding]:
    """Due or sent for an hour. Not of paused or held subscriptions, nor waiting in their lane."""
    for name, count, first in not_started(OVERDUE):
        yield Finding(f"{name}, delivery {first}", _for_long("due", count), asks=LOOK)


@check("every delivery in flight ends, or is due again")
def lost_in_flight() -> Iterator[Finding]:
    """The relay rescues deliveries after their lease; one without a lease would stay in flight."""
    rows = Delivery.objects.filter(state__in=IN_FLIGHT).order_by("id")
    late = rows.filter(Q(lease_until__lt=Now() - OVERDUE) | Q(lease_until=None))
    for pk, stream, state, lease in late.values_list("pk", "stream", "state", "lease_until"):
        subject = f"{stream}, delivery {pk}"
        if lease:
            yield Finding(
                subject, f"is {state}, and its lease ended more than an hour ago", asks=LOOK
            )
        else:
            yield Finding(subject, f"is {state} without a lease", repair=partial(_end_lease, pk))


@check("a subscription that is retired has nothing open")
def retired_with_open() -> Iterable[Finding]:
    """Retiring discards open deliveries; no relay claims those that are left."""
    rows = Delivery.objects.filter(IS_OPEN, subscription__retired_at__isnull=False)
    for pk, name, state in rows.order_by("id").values_list("pk", "subscription__name", "state"):
        yield Finding(
            f"{name}, delivery {pk}",
            f"is {state}, but the subscription is retired",
            asks="Discard it, or run manage.py subscriptions --register, to register it again.",
        )


def _for_long(what: str, count: int) -> str:
    more = f"; so are {count - 1} more" if count > 1 else ""
    return f"is {what} for more than an hour{more}"


def _end_lease(pk: int, operator: Operator) -> str:
    lost = Delivery.objects.filter(pk=pk, state__in=IN_FLIGHT, lease_until=None)
    if not lost.update(lease_until=Now()):
        return ""
    return operator.record(f"delivery {pk}", "Its lease was ended: the relay rescues it")
