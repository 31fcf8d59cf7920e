"""The figures as staff see them: to read, for they follow from facts; *rebuild_figures* mends."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from analytics.models import Correction, DayFigures, MinuteFigures, ProductFigures
from shop.admin import LooksOnly


@admin.register(DayFigures)
class DayFiguresAdmin(LooksOnly, ModelAdmin):
    list_display = ("day", *DayFigures.counters)
    date_hierarchy = "day"


@admin.register(MinuteFigures)
class MinuteFiguresAdmin(LooksOnly, ModelAdmin):
    list_display = ("minute", *MinuteFigures.counters)
    date_hierarchy = "minute"
    show_full_result_count = False


@admin.register(ProductFigures)
class ProductFiguresAdmin(LooksOnly, ModelAdmin):
    list_display = ("day", "sku", "name", *ProductFigures.counters)
    list_display_links = ("sku",)
    date_hierarchy = "day"
    search_fields = ("sku", "name")


@admin.register(Correction)
class CorrectionAdmin(LooksOnly, ModelAdmin):
    list_display = ("sequence", "at", "count")
