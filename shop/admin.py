"""The catalogue in the admin, and what the admin pages of the rooms share."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from shop.models import Product


class LooksOnly:
    """Rows that nobody adds, changes or deletes by hand. Stands before the admin's own class."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def onward(request: HttpRequest, url: str) -> HttpResponse:
    """Leave a dialog: htmx follows a header of its own, a plain form a redirect."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    list_display = ["sku", "name", "unit_price", "tax_rate", "active"]
    list_filter = ["active", "tax_rate"]
    search_fields = ["sku", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """A SKU stands on orders and in the stock: it is chosen once."""
        return ["sku"] if obj else []
