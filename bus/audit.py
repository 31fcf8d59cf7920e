"""The audit: each room says how its own rows must agree with the events, and is asked at night."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import connection

from bus.clock import sql_ago
from bus.retention import KEPT


@dataclass(frozen=True)
class Finding:
    """Something that should not be. Names ids, never persons."""

    subject: str
    what: str


Check = Callable[[], Iterable[Finding]]

_checks: dict[str, Check] = {}


def check(rule: str) -> Callable[[Check], Check]:
    """Register a check by the rule that it watches, as a sentence."""

    def register(function: Check) -> Check:
        _checks[rule] = function
        return function

    return register


def checks() -> dict[str, Check]:
    """Every registered check by its rule, in the order of registration."""
    return dict(_checks)


@check("every event is owed to every subscription of its type")
def events_not_owed() -> Iterable[Finding]:
    """Events of after the registration that are neither in the outbox nor in the ledger."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.type, s.name FROM bus_event e "
            "JOIN bus_subscription s ON s.event_type = e.type AND s.retired_at IS NULL "
            "AND s.registered_at < e.at "
            f"WHERE e.at > {sql_ago(KEPT.total_seconds())} "
            "AND NOT EXISTS (SELECT 1 FROM bus_outbox o WHERE o.event_id = e.id) "
            "AND NOT EXISTS (SELECT 1 FROM bus_delivery d "
            "WHERE d.event_id = e.id AND d.subscription_id = s.id) ORDER BY e.id",
            (),
        )
        for pk, kind, name in cursor.fetchall():
            yield Finding(f"event {pk} ({kind})", f"is not owed to {name}")
