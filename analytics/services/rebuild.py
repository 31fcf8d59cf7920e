"""Work out all figures again from the events, and put right what differs.

Workers go on counting meanwhile, and nothing is locked for long. First, events that nobody has
counted are counted as a worker would count them: once, whoever comes first. Then the events and
the figures of one moment are compared, for the events counted at that moment. What differs is put
right by adding the difference to the row, so what workers have added since that moment stays.
"""

from collections import Counter
from typing import Any

from django.db import IntegrityError, transaction

from analytics.models import FIGURES, Correction
from analytics.services.aggregate import Key
from analytics.services.compare import (
    Comparison,
    Difference,
    Say,
    compare_figures,
    counted_numbers,
    each_counted_kind,
)
from analytics.services.record import record_events
from analytics.services.upsert import ROWS_PER_STATEMENT, Figures, add_figures, in_parts

KEPT_IN_A_CORRECTION = 1000


class AlreadyCorrected(RuntimeError):
    """Another rebuild has put the same differences right."""


def rebuild_figures(say: Say) -> list[Difference]:
    """Make the figures equal to the events; return what was wrong.

    `say` is told of the progress and of each difference.

    Raises:
        AlreadyCorrected: if a second rebuild was quicker; nothing is corrected then.
    """
    say(f"{count_missing(say)} events had not been counted yet.")
    comparison = compare_figures(say)
    for difference in comparison.differences:
        say(str(difference))
    if comparison.differences:
        correct_figures(comparison)
    say(f"{len(comparison.differences)} counters were wrong and are put right.")
    return comparison.differences


def count_missing(say: Say) -> int:
    """Count what no worker has counted yet; its delivery will find it counted."""
    counted = 0
    for events in each_counted_kind(say, "counting"):
        known = counted_numbers(events)
        if missing := [event for event in events if event.number not in known]:
            counted += record_events(missing)
    return counted


@transaction.atomic
def correct_figures(comparison: Comparison) -> None:
    """Add what is missing in all rows, or in none.

    Raises:
        AlreadyCorrected: if something was corrected since that moment; compare again.
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
            "Another rebuild has corrected the figures meanwhile; run this one again."
        ) from error
    for figures in FIGURES:
        found = (one for one in comparison.differences if one.figures is figures)
        rows: dict[Key, list[Difference]] = {}
        for one in found:
            rows.setdefault(one.row, []).append(one)
        for part in in_parts(sorted(rows), ROWS_PER_STATEMENT):
            _add_missing(figures, {row: rows[row] for row in part})


def _add_missing(figures: Figures, found: dict[Key, list[Difference]]) -> None:
    # Adding nothing makes the rows that are not there, and locks the rows in order of their keys.
    # What is missing may be below zero, which the table would refuse in a row to be inserted.
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
