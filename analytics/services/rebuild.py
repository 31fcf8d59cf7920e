"""Correcting the figures from the events while workers keep counting.

First, events that are not counted yet are counted as a worker would: once, whichever is first. Then
figures and counted events are compared in one snapshot. A correction adds the difference to the
row, so what workers have added since the snapshot stays. Nothing is locked for long.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction

from analytics.models import FIGURES, Correction
from analytics.services.aggregate import Key
from analytics.services.compare import Comparison, Difference, compare_figures
from analytics.services.record import record_events
from analytics.services.upsert import ROWS_PER_STATEMENT, Figures, add_figures, in_parts
from bus.selectors import history
from shop.events import OrderCancelled, OrderPlaced, ShipmentDispatched, StockRejected

COUNTED = (OrderPlaced, OrderCancelled, StockRejected, ShipmentDispatched)
EVENTS_AT_A_TIME = 500
KEPT_IN_A_CORRECTION = 1000

Report = Callable[[str], None]
"""Gets one line of progress."""


class AlreadyCorrected(RuntimeError):
    """Another rebuild has corrected figures since the comparison."""


def rebuild_figures(say: Report) -> list[Difference]:
    """Make the figures equal to the events; returns the differences.

    `say` gets the progress and each difference.

    Raises:
        AlreadyCorrected: another rebuild was faster; nothing is corrected then.
    """
    say(f"{count_missing(say)} events had not been counted yet.")
    comparison = compare_figures()
    for difference in comparison.differences:
        say(str(difference))
    if comparison.differences:
        correct_figures(comparison)
    say(f"{len(comparison.differences)} counters were wrong and are corrected.")
    return comparison.differences


def count_missing(say: Report) -> int:
    """Count the events that are not counted yet; their deliveries then change nothing."""
    read = counted = 0
    for kind in COUNTED:
        events = (event for _id, event in history(kind, personal=False))
        for part in in_parts(events, EVENTS_AT_A_TIME):
            counted += record_events(part)
            read += len(part)
            say(f"counting: {read} events, now {kind.__name__}")
    return counted


@transaction.atomic
def correct_figures(comparison: Comparison) -> None:
    """Add the differences to all rows, or to none.

    Raises:
        AlreadyCorrected: figures were corrected since the comparison; compare again.
    """
    lines = [str(difference) for difference in comparison.differences]
    try:
        with transaction.atomic():
            Correction.objects.create(
                sequence=comparison.last_correction + 1,
                count=len(lines),
                differences=lines[:KEPT_IN_A_CORRECTION],
            )
    except IntegrityError as error:
        raise AlreadyCorrected(
            "Another rebuild has corrected the figures since the comparison; run this one again."
        ) from error
    for figures in FIGURES:
        found = (one for one in comparison.differences if one.figures is figures)
        rows: dict[Key, list[Difference]] = {}
        for one in found:
            rows.setdefault(one.row, []).append(one)
        for part in in_parts(sorted(rows), ROWS_PER_STATEMENT):
            _add_missing(figures, {row: rows[row] for row in part})


def _add_missing(figures: Figures, found: dict[Key, list[Difference]]) -> None:
    # Adding zero inserts missing rows and locks all rows in the order of their keys. A difference
    # may be negative, which the table's constraint would refuse in an inserted row.
    labels = {row: differences[0].label for row, differences in found.items()}
    add_figures(figures, {row: Counter() for row in found}, labels)
    first = {f"{figures.key[0]}__in": {row[0] for row in found}}
    changed: list[Any] = []
    for record_ in figures.objects.filter(**first):
        row = tuple(getattr(record_, name) for name in figures.key)
        for one in found.get(row, ()):
            setattr(record_, one.counter, getattr(record_, one.counter) + one.missing)
        changed += [record_] if row in found else []
    figures.objects.bulk_update(changed, figures.counters)
