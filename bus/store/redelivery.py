"""Deliver again and discard, as operators do."""

from typing import Any

from django.db.models import Case, F, QuerySet, TextField, Value, When
from django.db.models.functions import Concat, Now

from bus.models import Delivery, State


def make_due_again(rows: QuerySet[Delivery]) -> int:
    """Make deliveries due now, with new tries; returns how many. Live ones are claimed first."""
    return rows.update(
        state=State.WAITING,
        due_at=Now(),
        due_since=Now(),
        retry_at=None,
        token=F("token") + 1,
        attempts=0,
        uncounted=0,
        crashes=0,
        ambiguous=0,
        closed_at=None,
        failure_key=None,
        bulk=True,
    )


def discard(rows: QuerySet[Delivery], why: str) -> int:
    """Discard deliveries; returns how many. The reason is the last line of the error, which lists
    show."""
    reason = f"Discarded: {' '.join(why.split())}"
    error: Any = Case(
        When(error="", then=Value(reason, output_field=TextField())),
        default=Concat("error", Value(f"\n{reason}"), output_field=TextField()),
    )
    return rows.update(
        state=State.DISCARDED,
        closed_at=Now(),
        lease_until=None,
        token=F("token") + 1,
        error=error,
        failure_key=None,
    )
