"""Comparing the figures with the events."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from analytics.models import FIGURES, Correction, CountedEvent
from analytics.services.aggregate import Key, Tally
from analytics.services.record import kind_of
from analytics.services.upsert import Figures, in_parts
from bus.selectors import history
from bus.store.snapshot import one_moment
from shop.events import OrderCancelled, OrderEvent, OrderPlaced, ShipmentDispatched, StockRejected

COUNTED = (OrderPlaced, OrderCancelled, StockRejected, ShipmentDispatched)
EVENTS_AT_A_TIME = 500

Report = Callable[[str], None]
"""Gets one line of progress."""


@dataclass(frozen=True)
class Difference:
    """A counter whose value is not the sum of the events."""

    figures: Figures
    row: Key
    counter: str
    found: Any
    wanted: Any
    label: str = ""

    @property
    def missing(self) -> Any:
        """What to add to the counter; negative if it is too high."""
        return self.wanted - self.found

    def __str__(self) -> str:
        row = " ".join(map(str, self.row))
        name = self.figures._meta.verbose_name
        return f"{name} {row}: {self.counter} is {self.found}, but {self.wanted} in the events"


@dataclass(frozen=True)
class Comparison:
    """The differences at one moment, and the number of the last correction before it."""

    last_correction: int
    differences: list[Difference]


def compare_figures(say: Report) -> Comparison:
    """Compare all figures with the events counted in them, in one snapshot.

    An event that is not counted yet is no difference: its delivery is still open.
    """
    tally = Tally()
    with one_moment():
        last = Correction.objects.first()
        for events in each_counted_kind(say, "comparing"):
            counted = counted_numbers(events)
            for event in events:
                if event.number in counted:
                    tally.add(event)
        found = [difference for figures in FIGURES for difference in _compare(figures, tally)]
    return Comparison(last.sequence if last else 0, found)


def each_counted_kind(say: Report, doing: str) -> Iterator[list[OrderEvent]]:
    """All events that are counted, in lists of one type, at most EVENTS_AT_A_TIME each."""
    read = 0
    for kind in COUNTED:
        events = (event for _id, event in history(kind))
        for part in in_parts(events, EVENTS_AT_A_TIME):
            yield part
            read += len(part)
            say(f"{doing}: {read} events, now {kind.__name__}")


def counted_numbers(events: list[OrderEvent]) -> set[str]:
    """The order numbers of those `events`, all of one type, that are in the figures."""
    numbers = [event.number for event in events]
    rows = CountedEvent.objects.filter(kind=kind_of(events[0]), number__in=numbers)
    return set(rows.values_list("number", flat=True))


def _compare(figures: Figures, tally: Tally) -> Iterator[Difference]:
    wanted = dict(tally.rows[figures])
    columns = (*figures.key, *figures.counters)
    for values in figures.objects.values_list(*columns).iterator():
        row, counters = values[: len(figures.key)], values[len(figures.key) :]
        found = Counter(dict(zip(figures.counters, counters, strict=True)))
        yield from _differing(figures, row, found, wanted.pop(row, Counter()), tally)
    for row, counts in wanted.items():
        yield from _differing(figures, row, Counter(), counts, tally)


def _differing(
    figures: Figures, row: Key, found: Counter[str], wanted: Counter[str], tally: Tally
) -> Iterator[Difference]:
    for counter in figures.counters:
        if found[counter] != wanted[counter]:
            label = tally.names.get(row, "")
            yield Difference(figures, row, counter, found[counter], wanted[counter], label)
