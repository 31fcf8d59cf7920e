"""The catalogue in the admin."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from shop.models import Product


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    list_display = ["sku", "name", "unit_price", "tax_rate", "active"]
    list_filter = ["active", "tax_rate"]
    search_fields = ["sku", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """A SKU stands on orders and in the stock: it is chosen once."""
        return ["sku"] if obj else []
