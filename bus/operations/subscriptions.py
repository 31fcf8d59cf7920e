"""Subscriptions: paused, resumed, ended."""

from django.db import transaction
from django.db.models.functions import Now

from bus.models import IN_FLIGHT, Delivery, Queue, State, Subscription
from bus.operations.records import Refused, record, unknown
from bus.relay.routing import lock_routing

AT_ONCE = 1000
"""Deliveries that are discarded in one commit, so that routing is not held up for long."""


def pause(name: str, *, by: str, why: str = "") -> None:
    """Stop claiming for a subscription; workers hand back what has not started.

    Raises:
        Refused: there is no such subscription.
    """
    _change(name, "pause", by, why, paused_at=Now())


def resume(name: str, *, by: str, why: str = "") -> None:
    """Claim for a subscription again.

    Raises:
        Refused: there is no such subscription.
    """
    _change(name, "resume", by, why, paused_at=None)


def retire(name: str, *, by: str, why: str = "") -> None:
    """End a subscription: it gets no new deliveries, and the open ones are discarded.

    Many are discarded in steps, and it is paused meanwhile. Ended half-way it is paused still,
    and may be retired again.

    Raises:
        Refused: there is no such subscription, or a worker holds some of its deliveries.
    """
    while not _retired(name, by, why):
        pass


def _retired(name: str, by: str, why: str) -> bool:
    """Discard what is open; one commit. True when that was all, and the subscription has ended."""
    own = Delivery.objects.filter(subscription__name=name)
    with transaction.atomic():
        # Neither a router nor a claim may be half-way while the subscription ends.
        lock_routing()
        Queue.objects.select_for_update().filter(subscription__name=name).first()
        if own.filter(state__in=IN_FLIGHT).exists():
            raise Refused(f"{name} has deliveries in flight: pause it, wait, and retire it then.")
        some: list[int] = []
        for state in (State.WAITING, State.DEAD):  # one by one: each has an index of its own
            rows = own.filter(state=state).values_list("pk", flat=True)
            some += rows[: AT_ONCE - len(some)]
        Delivery.objects.filter(pk__in=some).update(state=State.DISCARDED, closed_at=Now())
        if len(some) < AT_ONCE:
            _change(name, "retire", by, why, retired_at=Now(), paused_at=None)
            return True
        if Subscription.objects.filter(name=name, paused_at=None).exists():
            _change(name, "pause", by, f"It is being retired. {why}".strip(), paused_at=Now())
        return False


def active(name: str) -> Subscription:
    """The subscription of that name that has not ended.

    Raises:
        Refused: there is none.
    """
    found = Subscription.objects.filter(name=name, retired_at__isnull=True).first()
    if found is None:
        raise _unknown(name)
    return found


def _change(name: str, what: str, by: str, why: str, **changes: object) -> None:
    with transaction.atomic():
        if not Subscription.objects.filter(name=name).update(**changes):
            raise _unknown(name)
        record(by, what, name, why=why)


def _unknown(name: str) -> Refused:
    known = Subscription.objects.filter(retired_at__isnull=True).values_list("name", flat=True)
    return unknown("subscription", name, known, "manage.py subscriptions")
