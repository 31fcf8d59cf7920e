"""The audit's rules for the figures: every row is the sum of the events counted in it."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef

from analytics import services, tasks
from analytics.models import CountedEvent
from bus.audit import Effect, Finding, Operator, check, effects


@check("the figures equal the sums of the events")
def figures_equal_events() -> Iterator[Finding]:
    """A finding for each counter of each table: it names the first row that is wrong."""
    wrong: dict[tuple[Any, str], list[services.Difference]] = defaultdict(list)
    for difference in services.compare_figures().differences:
        wrong[difference.figures, difference.counter].append(difference)
    for (_figures, counter), (first, *more) in wrong.items():
        others = f"; so are {len(more)} more rows" if more else ""
        yield Finding(counter, f"{first}{others}", repair=_rebuild)


done_without_effect, effect_without_done = effects(
    "analytics",
    *(
        Effect(
            handler=handler,
            what="count in the figures",
            there=Exists(CountedEvent.objects.filter(kind=kind, number=OuterRef("stream"))),
        )
        for handler, kind in (
            (tasks.record_sales, "OrderPlaced"),
            (tasks.reverse_sales, "OrderCancelled"),
            (tasks.record_rejections, "StockRejected"),
            (tasks.record_dispatches, "ShipmentDispatched"),
        )
    ),
)


def _rebuild(operator: Operator) -> str:
    """One rebuild corrects all findings; the repairs after it find nothing to do."""
    wrong = services.rebuild_figures(lambda _progress: None)
    if not wrong:
        return ""
    return operator.record("figures", f"{len(wrong)} counters were corrected from the events")
