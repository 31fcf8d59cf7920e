"""The figures in the admin, read-only: they follow from events; `rebuild_figures` corrects them."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from analytics.fields import AmountField
from analytics.models import Correction, DayFigures, MinuteFigures, ProductFigures
from shop.admin import LooksOnly, amount


class FiguresAdmin(LooksOnly, ModelAdmin):
    """Shows key, labels and counters; amounts in the row's currency."""

    revenue_amount, net_amount = amount("revenue"), amount("net")
    reversed_revenue_amount = amount("reversed_revenue")


def columns(figures: type[DayFigures | MinuteFigures | ProductFigures]) -> tuple[str, ...]:
    def column(name: str) -> str:
        is_amount = isinstance(figures._meta.get_field(name), AmountField)
        return f"{name}_amount" if is_amount else name

    return (*figures.key, *figures.labels, *map(column, figures.counters))


@admin.register(DayFigures)
class DayFiguresAdmin(FiguresAdmin):
    list_display = fields = columns(DayFigures)
    list_filter = ("currency",)
    date_hierarchy = "day"


@admin.register(MinuteFigures)
class MinuteFiguresAdmin(FiguresAdmin):
    list_display = fields = columns(MinuteFigures)
    date_hierarchy = "minute"


@admin.register(ProductFigures)
class ProductFiguresAdmin(FiguresAdmin):
    list_display = fields = columns(ProductFigures)
    list_display_links = ("day",)
    date_hierarchy = "day"
    search_fields = ("sku", "name")


@admin.register(Correction)
class CorrectionAdmin(LooksOnly, ModelAdmin):
    list_display = ("sequence", "at", "count")
