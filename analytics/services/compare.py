"""What the figures say, against what the events say."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from analytics.models import FIGURES, Correction, CountedFact
from analytics.services.aggregate import Key, Tally
from analytics.services.record import kind_of
from analytics.services.upsert import Figures, in_parts
from bus.moment import one_moment
from bus.selectors import history
from shop.events import OrderCancelled, OrderEvent, OrderPlaced, ShipmentDispatched, StockRejected

COUNTED = (OrderPlaced, OrderCancelled, StockRejected, ShipmentDispatched)
FACTS_AT_A_TIME = 500

Say = Callable[[str], None]


@dataclass(frozen=True)
class Difference:
    """A counter whose row says something else than the events."""

    figures: Figures
    row: Key
    counter: str
    found: Any
    wanted: Any
    label: str = ""

    @property
    def missing(self) -> Any:
        """What to add to the counter; below zero where it counted too much."""
        return self.wanted - self.found

    def __str__(self) -> str:
        row = " ".join(map(str, self.row))
        name = self.figures._meta.verbose_name
        return f"{name} {row}: {self.counter} is {self.found}, the events say {self.wanted}"


@dataclass(frozen=True)
class Comparison:
    """What differed at one moment, and the last correction that had been made by then."""

    last_correction: int
    differences: list[Difference]


def compare_figures(say: Say) -> Comparison:
    """Compare all figures with the events that are counted in them, at one moment.

    Events that nobody has counted yet are no difference: a worker still owes them.
    """
    tally = Tally()
    with one_moment():
        last = Correction.objects.first()
        for events in each_counted_kind(say, "comparing"):
            known = counted_numbers(events)
            for event in events:
                if event.number in known:
                    tally.add(event)
        found = [difference for figures in FIGURES for difference in _compare(figures, tally)]
    return Comparison(last.sequence if last else 0, found)


def each_counted_kind(say: Say, doing: str) -> Iterator[list[OrderEvent]]:
    """All events that count, in lists of one kind."""
    read = 0
    for kind in COUNTED:
        events = (event for _id, event in history(kind))
        for part in in_parts(events, FACTS_AT_A_TIME):
            yield part
            read += len(part)
            say(f"{doing}: {read} events, now {kind.__name__}")


def counted_numbers(events: list[OrderEvent]) -> set[str]:
    """The order numbers of those events, all of one kind, that are in the figures."""
    numbers = [event.number for event in events]
    rows = CountedFact.objects.filter(kind=kind_of(events[0]), number__in=numbers)
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
