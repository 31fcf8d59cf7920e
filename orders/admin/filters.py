"""The filter of the list of orders."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from orders import phases


class PhaseFilter(admin.SimpleListFilter):
    title = "phase"
    parameter_name = "phase"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in phases.PHASES]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        condition = phases.PHASES.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)
