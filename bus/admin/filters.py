"""The filter of a list of deliveries, in a form that an operation can store."""

from collections.abc import Callable
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

from bus.models import Queue, Subscription
from bus.ops import Filter, Refused
from bus.ops.selection import in_calendar


class EventTime(RangeDateTimeFilter):
    """From an instant, up to another, in the project's time zone."""

    def __init__(self, *of: Any, **more: Any) -> None:
        super().__init__(*of, **more)
        self.title = "time of the event"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        bounds = {"__gte": self.instant("from"), "__lt": self.instant("to")}
        return queryset.filter(
            **{f"{self.field_path}{how}": at for how, at in bounds.items() if at}
        )

    def instant(self, end: str) -> datetime | None:
        """The bound; a date alone is its midnight.

        Raises:
            IncorrectLookupParameters: it is no date. Ignored, it would match everything.
        """
        day, time = (
            self.used_parameters.get(f"{self.parameter_name}_{end}_{part}") for part in (0, 1)
        )
        if not day:
            return None
        found = parse_datetime_str(f"{day} {time or '00:00:00'}")
        if found is None or not in_calendar(found):
            sentence = f"Event {end}: {day} {time or ''} is no date; write it like 2026-01-31."
            messages.error(self.request, sentence)
            raise IncorrectLookupParameters
        return make_aware(found)


def filter_of(changelist: ChangeList) -> Filter:
    """The list's filters and search as a filter that can be stored.

    Raises:
        Refused: the list has a filter that `Filter` does not have.
    """
    wanted: dict[str, Any] = {}
    for spec in changelist.filter_specs:
        if isinstance(spec, EventTime):
            wanted |= {"since": spec.instant("from"), "until": spec.instant("to")}
    times = {f"event__at_{end}_{part}" for end in ("from", "to") for part in (0, 1)}
    for name, values in changelist.get_filters_params().items():
        if name in times:
            continue
        if name not in KEPT or len(values) != 1:
            raise Refused(
                f"A bulk operation cannot filter by {name}; choose rows, or filter by state, "
                "queue, subscription, time of the event or a whole stream."
            )
        field, value = KEPT[name]
        wanted[field] = value(values[0])
    if words := changelist.query.split():
        if len(words) > 1 or wanted.get("stream", words[0]) != words[0]:
            raise Refused("The search must be one whole stream, for example SO-100001.")
        wanted["stream"] = words[0]
    return Filter(**wanted)


def _name_of(model: type[Queue | Subscription]) -> Callable[[str], str]:
    def name(pk: str) -> str:
        found = model._default_manager.filter(pk=pk).first() if pk.isdecimal() else None
        if found is None:
            raise Refused(
                f"There is no {model._meta.verbose_name} with the id {pk}; choose another."
            )
        return found.name

    return name


KEPT: dict[str, tuple[str, Callable[[str], str]]] = {
    "state__exact": ("state", str),
    "queue__id__exact": ("queue", _name_of(Queue)),
    "subscription__id__exact": ("subscription", _name_of(Subscription)),
}
"""The parameters of the list's address that `Filter` has: its field, and how to read it."""
