"""Which deliveries a list shows, and the words for them in the record of an action."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import make_aware
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.utils import parse_datetime_str

from bus.clock import can_hold
from bus.models import Delivery
from bus.operations import Selection


class EventTime(RangeDateTimeFilter):
    """From one instant, and up to another, in the shop's time zone."""

    def __init__(self, *of: Any, **more: Any) -> None:
        super().__init__(*of, **more)
        self.title = "time of the event"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 -- Django's hook
        bounds = {"__gte": self.instant("from"), "__lt": self.instant("to")}
        return queryset.filter(
            **{f"{self.field_path}{how}": at for how, at in bounds.items() if at}
        )

    def instant(self, end: str) -> datetime | None:
        """The bound; a date alone is its midnight.

        Raises:
            IncorrectLookupParameters: it is no date. Passed over, it would choose everything.
        """
        day, time = (
            self.used_parameters.get(f"{self.parameter_name}_{end}_{part}") for part in (0, 1)
        )
        if not day:
            return None
        found = parse_datetime_str(f"{day} {time or '00:00:00'}")
        if found is None or not can_hold(found):
            sentence = f"Event {end} {day} {time or ''} is no date; write it like 2026-01-31."
            messages.error(self.request, sentence)
            raise IncorrectLookupParameters
        return make_aware(found)


def all_of(changelist: ChangeList, shown: QuerySet[Delivery]) -> Selection:
    """Everything that the list's filters and its search leave."""
    rows = shown.order_by().select_related(None)
    ids = sorted(rows.values_list("pk", flat=True))
    return Selection(ids, ", ".join(["all deliveries", *_words(changelist)]), rows)


def _words(changelist: ChangeList) -> Iterator[str]:
    for spec in changelist.filter_specs:
        if isinstance(spec, EventTime):
            for word, end in (("since", "from"), ("until", "to")):
                if at := spec.instant(end):
                    yield f"{word} {at:%Y-%m-%d %H:%M:%S}"
        elif spec.used_parameters:
            chosen = [one["display"] for one in spec.choices(changelist) if one["selected"]]
            yield f"{spec.title} {' '.join(map(str, chosen))}"
    known = {name for spec in changelist.filter_specs for name in spec.expected_parameters()}
    for name, value in changelist.get_filters_params().items():
        if name not in known:
            yield f"{name.removesuffix('__exact')} {' '.join(value)}"
    if changelist.query:
        yield f"search {changelist.query}"
