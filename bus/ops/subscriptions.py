"""Pause, resume and retire subscriptions."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Now

from bus.models import IN_FLIGHT, Delivery, Queue, State, Subscription
from bus.ops.log import Refused, count_on, record, unknown
from bus.ops.selection import counted
from bus.store import redelivery
from bus.store.conditions import claimable
from bus.store.outbox import lock_fan_out

AT_ONCE = 1000
"""Deliveries that are discarded in one commit, so that fanning out is not blocked for long."""


def pause(name: str, *, by: str, why: str = "") -> None:
    """Stop claiming for a subscription; workers release what has not started.

    Raises:
        Refused: there is no such subscription, or it is retired.
    """
    _change(name, "pause", by, why, paused_at=Now())


def resume(name: str, *, by: str, why: str = "") -> None:
    """Claim for a subscription again.

    Raises:
        Refused: there is no such subscription, or it is retired.
    """
    _change(name, "resume", by, why, paused_at=None)


def retire(name: str, *, by: str, why: str) -> int:
    """End a subscription: it gets no new deliveries, and the open ones are discarded, with the
    reason in their error; returns how many.

    Many are discarded in steps, and the subscription is paused meanwhile. If this is interrupted
    it stays paused, and can be retired again.

    Raises:
        Refused: without a reason; there is no such subscription, or it is retired already; some
            of its deliveries are in flight.
    """
    if not why.strip():
        raise Refused(
            "The reason is empty; retiring needs one, which is kept in the discarded deliveries."
        )
    action, total = None, 0
    while True:
        with transaction.atomic():
            _keep_still(name)
            action = action or record(by, "retire", name, count=0, why=why)
            count = _discard_some(name, why)
            count_on(action, count)
            total += count
            if count < AT_ONCE:
                Subscription.objects.filter(name=name).update(retired_at=Now(), paused_at=None)
                return total
            if Subscription.objects.filter(name=name, paused_at=None).exists():
                _change(name, "pause", by, f"It is being retired. {why}", paused_at=Now())


def active(name: str) -> Subscription:
    """The subscription of that name that is not retired.

    Raises:
        Refused: there is none.
    """
    found = Subscription.objects.filter(name=name, retired_at__isnull=True).first()
    if found is None:
        raise _not_active(name)
    return found


def active_in(queue: str) -> list[str]:
    """The names of a queue's subscriptions that are not retired.

    Raises:
        Refused: there are none.
    """
    rows = Subscription.objects.filter(retired_at__isnull=True)
    if found := sorted(rows.filter(queue__name=queue).values_list("name", flat=True)):
        return found
    known = rows.values_list("queue__name", flat=True).distinct()
    raise unknown("queue with subscriptions", queue, known, "manage.py subscriptions")


def _keep_still(name: str) -> None:
    """Until the commit nothing is fanned out to this subscription, and nothing of it claimed."""
    lock_fan_out()
    Queue.objects.select_for_update().filter(subscription__name=name).first()
    if Delivery.objects.filter(subscription=active(name), state__in=IN_FLIGHT).exists():
        raise Refused(
            f"{name} has deliveries in flight; pause it, wait until they end, then retire it."
        )


def _discard_some(name: str, why: str) -> int:
    some: list[int] = []
    for state in (State.WAITING, State.DEAD):  # one by one: each has an index of its own
        rows = Delivery.objects.filter(subscription__name=name, state=state)
        some += rows.values_list("pk", flat=True)[: AT_ONCE - len(some)]
    rows = Delivery.objects.filter(pk__in=some)
    return redelivery.discard(rows, f"its subscription was retired. {why}")


def _change(name: str, what: str, by: str, why: str, **changes: object) -> None:
    with transaction.atomic():
        if not Subscription.objects.filter(name=name, retired_at=None).update(**changes):
            raise _not_active(name)
        record(by, what, name, why=why)


def _not_active(name: str) -> Refused:
    if Subscription.objects.filter(name=name).exists():
        return Refused(
            f"{name} is retired; manage.py subscriptions --register, or the next start of its "
            "worker, registers it again."
        )
    known = Subscription.objects.filter(retired_at__isnull=True).values_list("name", flat=True)
    return unknown("subscription", name, known, "manage.py subscriptions")


def waiting_for_a_person() -> Iterator[str]:
    """A sentence for each subscription that has deliveries waiting and may get no work now."""
    stopped = Subscription.objects.exclude(claimable())
    waiting = Delivery.objects.filter(subscription__in=stopped, state=State.WAITING)
    counts = dict(waiting.values_list("subscription").annotate(Count("pk")))
    for one in stopped.filter(pk__in=counts):
        wait = f"{counted(counts[one.pk])} {'waits' if counts[one.pk] == 1 else 'wait'}"
        yield f"{wait} for {one}, which is {one.status}."
