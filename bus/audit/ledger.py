"""The check that every event has its deliveries."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from bus.audit.checks import check
from bus.audit.findings import Finding, Operator
from bus.ops.retention import forgotten_until
from bus.store.inspection import events_without_delivery, lacks_delivery
from bus.store.outbox import deliver_to, lock_fan_out


@check("every event has a delivery for every subscription of its type")
def events_have_deliveries() -> Iterable[Finding]:
    """Events from after the registration without an outbox row and without a delivery.

    Not events whose deliveries may have been pruned.
    """
    for event, kind, subscription, name in events_without_delivery(forgotten_until()):
        yield Finding(
            f"event {event} ({kind})",
            f"has no delivery for {name}",
            repair=partial(_insert, event, subscription, name),
        )


def _insert(event: int, subscription: int, name: str, operator: Operator) -> str:
    with transaction.atomic():
        lock_fan_out()
        if not lacks_delivery(event, subscription, forgotten_until()):
            return ""
        deliver_to(subscription, [event])
        return operator.record(f"event {event}", f"A delivery for {name} was inserted")
