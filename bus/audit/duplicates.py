"""What may be there once. The constraints see to it, unless somebody has dropped one."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, QuerySet

from bus.audit.checks import Check, Finding, check


def once(rule: str, rows: QuerySet[Any], *fields: str, asks: str) -> Check:
    """Register that no two of the rows have the same `fields`. Doubles are shown, never deleted."""

    @check(rule)
    def doubled() -> Iterator[Finding]:
        groups = rows.order_by().values(*fields).annotate(times=Count("pk")).filter(times__gt=1)
        for group in groups.order_by(*fields):
            times = group.pop("times")
            ids = rows.filter(**group).order_by("pk").values_list("pk", flat=True)
            name = str(rows.model._meta.verbose_name)
            yield Finding(
                subject=" ".join(str(value) for value in group.values()),
                what=f"is there {times} times: {name} {', '.join(map(str, ids))}",
                asks=asks,
            )

    return doubled
