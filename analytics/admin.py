"""The figures as staff see them: to read, never to write."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from analytics.models import Correction, DayFigures, MinuteFigures, ProductFigures


class ReadOnlyAdmin(ModelAdmin):
    """Figures follow from facts; *rebuild_figures* mends them."""

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


@admin.register(DayFigures)
class DayFiguresAdmin(ReadOnlyAdmin):
    list_display = ("day", *DayFigures.counters)
    date_hierarchy = "day"


@admin.register(MinuteFigures)
class MinuteFiguresAdmin(ReadOnlyAdmin):
    list_display = ("minute", *MinuteFigures.counters)
    date_hierarchy = "minute"
    show_full_result_count = False


@admin.register(ProductFigures)
class ProductFiguresAdmin(ReadOnlyAdmin):
    list_display = ("day", "sku", "name", *ProductFigures.counters)
    list_display_links = ("sku",)
    date_hierarchy = "day"
    search_fields = ("sku", "name")


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ("sequence", "at", "count")
