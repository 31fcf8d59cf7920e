"""What must hold between events and deliveries, whatever they are about."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from bus.audit.checks import check
from bus.audit.findings import Finding, Operator
from bus.ops.retention import forgotten_until
from bus.store.inspection import events_without_delivery, lacks_delivery
from bus.store.outbox import deliver_to, lock_fan_out


@check("every event has a delivery for every subscription of its type")
def events_not_owed() -> Iterable[Finding]:
    """Events of after the registration that are neither in the outbox nor in the ledger.

    Not those of before the ledger was pruned: what they led to cannot be told any more.
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
        return operator.record(f"event {event}", f"It has a delivery for {name} now")
