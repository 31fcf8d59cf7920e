"""What must hold between events and deliveries, whatever they are about."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import connection, transaction

from bus.audit.checks import Finding, check
from bus.audit.repairs import Operator
from bus.ops.retention import forgotten_until
from bus.store.outbox import lock_routing, owe


@check("every event has a delivery for every subscription of its type")
def events_not_owed() -> Iterable[Finding]:
    """Events of after the registration that are neither in the outbox nor in the ledger."""
    for event, kind, subscription, name in _not_owed("", []):
        yield Finding(
            f"event {event} ({kind})",
            f"has no delivery for {name}",
            repair=partial(_owe, event, subscription, name),
        )


def _owe(event: int, subscription: int, name: str, operator: Operator) -> str:
    with transaction.atomic():
        lock_routing()
        if not _not_owed("AND e.id = %s AND s.id = %s", [event, subscription]):
            return ""
        owe("e.id", [event], only=subscription)
        return operator.record(f"event {event}", f"It has a delivery for {name} now")


def _not_owed(extra: str, parameters: list[int]) -> list[tuple[Any, ...]]:
    # What was pruned is owed no more, however short a memory somebody gave the ledger.
    remembered = connection.ops.adapt_datetimefield_value(forgotten_until())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.type, s.id, s.name FROM bus_event e "
            "JOIN bus_subscription s ON s.event_type = e.type AND s.retired_at IS NULL "
            "AND s.registered_at < e.at "
            f"WHERE e.at > %s {extra} "
            "AND NOT EXISTS (SELECT 1 FROM bus_outbox o WHERE o.event_id = e.id) "
            "AND NOT EXISTS (SELECT 1 FROM bus_delivery d "
            "WHERE d.event_id = e.id AND d.subscription_id = s.id) ORDER BY e.id, s.id",
            [remembered, *parameters],
        )
        return list(cursor.fetchall())
