"""What has stood still for so long that nobody seems to be at it, or ever will be."""

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
"""What should have begun longer ago and has not is not merely on its way any more: a relay routes,
claims and takes back within seconds, so by then none is running, or its workers are far behind."""

LOOK = "See that a relay and its worker are running, or run manage.py relay --drain."


@check("every event leaves the outbox")
def events_not_routed() -> Iterator[Finding]:
    stuck = Outbox.objects.filter(event__at__lt=Now() - OVERDUE)
    found = stuck.aggregate(count=Count("pk"), first=Min("pk"))
    if found["count"]:
        yield Finding(f"event {found['first']}", _for_long("not routed", found["count"]), asks=LOOK)


@check("every delivery that is due is begun")
def due_and_not_begun() -> Iterator[Finding]:
    """Neither what is paused or held nor what waits in its lane for something earlier.

    What was sent, and sent again, is as far from being begun as what waits.
    """
    for name, count, first in not_started(OVERDUE):
        yield Finding(f"{name}, delivery {first}", _for_long("due", count), asks=LOOK)


@check("every delivery in flight ends, or is due again")
def lost_in_flight() -> Iterator[Finding]:
    """The relay takes back what is late; what has no lease is never late, so it gets one."""
    rows = Delivery.objects.filter(state__in=IN_FLIGHT).order_by("id")
    late = rows.filter(Q(lease_until__lt=Now() - OVERDUE) | Q(lease_until=None))
    for pk, stream, state, lease in late.values_list("pk", "stream", "state", "lease_until"):
        subject = f"{stream}, delivery {pk}"
        if lease:
            yield Finding(subject, f"is {state}, its lease is over for long", asks=LOOK)
        else:
            yield Finding(subject, f"is {state} without a lease", repair=partial(_end_lease, pk))


@check("a subscription that is retired has nothing open")
def retired_with_open() -> Iterable[Finding]:
    """Retiring discards what is open, and nobody claims what is left."""
    rows = Delivery.objects.filter(IS_OPEN, subscription__retired_at__isnull=False)
    for pk, name, state in rows.order_by("id").values_list("pk", "subscription__name", "state"):
        yield Finding(
            f"{name}, delivery {pk}",
            f"is {state}, but the subscription is retired",
            asks="Discard it, or bring the subscription back: manage.py subscriptions --register.",
        )


def _for_long(what: str, count: int) -> str:
    more = f"; so are {count - 1} more" if count > 1 else ""
    return f"is {what} for longer than an hour{more}"


def _end_lease(pk: int, operator: Operator) -> str:
    lost = Delivery.objects.filter(pk=pk, state__in=IN_FLIGHT, lease_until=None)
    if not lost.update(lease_until=Now()):
        return ""
    return operator.record(f"delivery {pk}", "Its lease is over: the relay takes it back")
