"""Subscriptions: paused, resumed, ended."""

from django.db import transaction
from django.db.models.functions import Now

from bus.models import IN_FLIGHT, Delivery, Queue, State, Subscription
from bus.operations.records import Refused, record, unknown
from bus.relay.routing import lock_routing


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

    Raises:
        Refused: there is no such subscription, or a worker holds some of its deliveries.
    """
    with transaction.atomic():
        # Neither a router nor a claim may be half-way while the subscription ends.
        lock_routing()
        Queue.objects.select_for_update().filter(subscription__name=name).first()
        _change(name, "retire", by, why, retired_at=Now(), paused_at=None)
        own = Delivery.objects.filter(subscription__name=name)
        if own.filter(state__in=IN_FLIGHT).exists():
            raise Refused(f"{name} has deliveries in flight: pause it, wait, and retire it then.")
        own.filter(state__in=(State.WAITING, State.DEAD)).update(
            state=State.DISCARDED, closed_at=Now()
        )


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
