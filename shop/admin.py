"""Catalogue and legal texts in the admin, and the base classes of the apps' admin pages."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Count, Model, QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from shop.changes import ChangesForm
from shop.exchange.admin import Imports
from shop.forms import ProductForm
from shop.models import Category, LegalText, Product
from shop.money import money
from shop.pictures import remove_unused
from shop.resources import ProductResource
from shop.templatetags.money import percent

MOST_FOUND = 20
"""Products suggested at a time."""


ON_A_PAGE = 25
"""Rows of a list: the theme's markup takes about 5 KB for each."""


class LooksOnly:
    """Mixin for read-only pages; list it before the admin's class."""

    list_per_page = ON_A_PAGE
    # Counting all rows once more, for the words beside a filtered list, reads the whole table.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def row_of(page: "DjangoModelAdmin[Any]", request: HttpRequest, object_id: object) -> Any:
    """The row of an address.

    Raises:
        Http404: there is none, or the id is not a number.
    """
    row = page.get_object(request, unquote(str(object_id)))
    if row is None:
        raise Http404
    return row


def amount(name: str) -> Any:
    """A column or field that shows the amount `name` in the row's currency."""

    @admin.display(description=name.replace("_", " "), ordering=name)
    def shown(_admin: Any, row: Any) -> str:
        return money(getattr(row, name), row.currency)

    return shown


def rate(name: str) -> Any:
    """A column or field that shows the rate `name` in percent."""

    @admin.display(description=name.replace("_", " "), ordering=name)
    def shown(_admin: Any, row: Any) -> str:
        return f"{percent(getattr(row, name))} %"

    return shown


class ChangesOnly(DjangoModelAdmin):  # type: ignore[type-arg]  # not subscriptable when it runs
    """List it after the theme's class, whose `save_model` calls this one."""

    form = ChangesForm
    list_per_page = ON_A_PAGE
    show_full_result_count = False

    def get_object(self, request: HttpRequest, *args: Any, **options: Any) -> Model | None:
        """The row; a POST locks it until the transaction ends."""
        row: Model | None = super().get_object(request, *args, **options)
        if row is not None and request.method == "POST" and connection.in_atomic_block:
            rows = self.model._default_manager.select_for_update(no_key=True)
            if not rows.filter(pk=row.pk).values_list("pk").first():
                return None
            row = super().get_object(request, *args, **options)
        return row

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=form.changed_columns)
        else:
            super().save_model(request, obj, form, change)


class WritableAdmin(ModelAdmin, ChangesOnly):
    """The base of every admin page on which rows are changed; its form is a `ChangesForm`."""


@admin.register(Category)
class CategoryAdmin(WritableAdmin):
    list_display = ["name", "slug", "position", "counted"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        rows: QuerySet[Category] = super().get_queryset(request)
        return rows.annotate(count=Count("products"))

    @admin.display(description="products", ordering="count")
    def counted(self, row: Any) -> Any:
        return row.count


@admin.register(LegalText)
class LegalTextAdmin(WritableAdmin):
    list_display = ["kind"]

    def get_readonly_fields(self, request: HttpRequest, obj: LegalText | None = None) -> list[str]:
        return ["kind"] if obj else []


class RateFilter(admin.SimpleListFilter):
    title = "tax rate"
    parameter_name = "tax_rate"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rates = Product.objects.order_by("tax_rate").values_list("tax_rate", flat=True).distinct()
        return [(str(one), f"{percent(one)} %") for one in rates]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        chosen = self.value()
        return queryset.filter(tax_rate=chosen) if chosen in dict(self.lookup_choices) else queryset


@admin.register(Product)
class ProductAdmin(Imports, WritableAdmin):
    form = ProductForm
    resource = ProductResource
    fields = [
        "sku", "name", "category", "description", "preview", "upload", "without_picture",
        "unit_price", "tax_rate", "active",
    ]  # fmt: skip
    import_notes = ("tax_rate is a fraction here: 0.19 is 19 %. The form takes percent.",)
    list_display = ["thumbnail", "sku", "name", "category", "price", "tax_percent", "active"]
    list_display_links = ["sku", "name"]
    list_filter = ["active", "category", RateFilter]
    list_select_related = ["category"]
    search_fields = ["sku", "name"]
    price, tax_percent = amount("unit_price"), rate("tax_rate")

    @admin.display(description="")
    def thumbnail(self, row: Product) -> str:
        return format_html('<img src="{}" alt="" width="40" height="40">', row.thumbnail_url)

    @admin.display(description="picture")
    def preview(self, row: Product) -> str:
        if row.pk is None:
            return "Drawn by the shop, unless you upload one."
        drawn = "" if row.picture_id else "Drawn by the shop."
        return format_html(
            '<img src="{}" alt="" width="160" height="160"> {}', row.picture_url, drawn
        )

    def get_urls(self) -> list[URLPattern]:
        search = self.admin_site.admin_view(self.search)
        return [path("search/", search, name="shop_product_search"), *super().get_urls()]

    def search(self, request: HttpRequest) -> JsonResponse:
        """Active products whose SKU or name has all words of `q`, for `ProductInput`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.model.objects.filter(active=True)
        found, _ = self.get_search_results(request, rows, request.GET.get("q", "")[:100])
        return JsonResponse(
            {
                "products": [
                    {"sku": one.sku, "text": f"{one.name} · {money(one.price, one.currency)}"}
                    for one in found[:MOST_FOUND]
                ]
            }
        )

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        removable = obj is not None and obj.picture_id is not None
        return [name for name in self.fields if removable or name != "without_picture"]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """Orders and stock refer to the SKU, so it cannot be changed."""
        return ["sku", "preview"] if obj else ["preview"]

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "picture" in form.changed_columns:
            remove_unused()

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        remove_unused()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        super().delete_queryset(request, queryset)
        remove_unused()
