"""Conditions on a delivery `d` and a subscription `s` that several statements share.

*May this subscription get work* (it is not retired, not paused, not held by a backfill) stands here
twice, because queries of the ORM and statements in SQL both need it; a test compares the two.
"""

from datetime import datetime

from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from bus.models import State
from bus.store.database import db


def claimable(prefix: str = "", at: datetime | Combinable | None = None) -> Q:
    """Whether a subscription may get work at the instant `at`, by default now.

    `prefix` leads to the subscription: `subscription__` on deliveries.
    """
    held_until = f"{prefix}held_until"
    not_held = Q(**{f"{held_until}__isnull": True}) | Q(**{f"{held_until}__lte": at or Now()})
    not_stopped = {f"{prefix}paused_at__isnull": True, f"{prefix}retired_at__isnull": True}
    return Q(not_held, **not_stopped)


def claimable_sql(at: str) -> str:
    """The same of `s` in SQL; `at` is an expression."""
    return f"s.paused_at IS NULL AND s.retired_at IS NULL AND COALESCE(s.held_until <= {at}, TRUE)"


CLAIMABLE = claimable_sql(db.now)
STOPPED = f"NOT ({CLAIMABLE})"

IN_FLIGHT = "d.state IN ('sent', 'running', 'sending')"
"""As the partial index has it, in literals: SQLite recognises no other form."""


def in_state(*states: State) -> str:
    """A condition on a delivery that is found by its id, and by no index of the states.

    Those are for what is in flight. Where PostgreSQL takes that for next to nothing, as after a
    quiet hour, it would read all of it to find one delivery.
    """
    literals = ", ".join(f"'{state.value}'" for state in states)
    return f"(state || '') IN ({literals})"


# OFFSET keeps the question for each candidate by itself, and so by the stream: PostgreSQL would
# make a join of it, and read all that is open for each candidate where it takes that for little.
LANE_IS_FREE = """NOT EXISTS (
        SELECT 1 FROM bus_delivery e
        WHERE e.stream = d.stream AND e.queue_id = d.queue_id AND e.ordered AND e.id <> d.id
        AND e.state IN ('waiting', 'sent', 'running', 'sending', 'dead')
        AND (
            e.event_id < d.event_id OR (e.event_id = d.event_id AND e.id < d.id)
            OR e.state IN ('sent', 'running', 'sending')
        )
        LIMIT 1 OFFSET 0
    )"""
