"""The stock in the admin: read-only, but for `low_at`; receiving and correcting are actions."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from inventory import services
from inventory.forms import CorrectForm, ReceiveForm
from inventory.models import AVAILABLE, Movement, Reservation, StockItem
from inventory.panels import COLOURS
from inventory.resources import StockResource
from shop.admin import LooksOnly, WritableAdmin, row_of
from shop.exchange.admin import Imports
from shop.models import Product
from shop.submissions import onward

# A permission's full name here would make Django's checks query the database before migrations.
MAY_BOOK = ["book_stock"]

RECEIVE = {
    "title": "Receive stock",
    "description": "Pieces that have arrived in the warehouse.",
    "form_class": ReceiveForm,
    "form_submit_text": "Receive",
}
CORRECT = {
    "title": "Correct stock",
    "description": "Set the pieces on hand to what was counted. Name and reason are recorded.",
    "form_class": CorrectForm,
    "form_submit_text": "Correct",
}


class LowFilter(admin.SimpleListFilter):
    title = "stock"
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("low", "low"), ("short", "reserved more than on hand")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "low":
            return queryset.filter(free__lte=F("low_at"))
        if self.value() == "short":
            return queryset.filter(free__lt=0)
        return queryset


@admin.register(StockItem)
class StockItemAdmin(Imports, WritableAdmin):
    resource = StockResource
    import_notes = (
        "on_hand is what was counted: each difference is booked as a correction, with your name "
        "and the file's. A SKU that was never stocked is booked as a delivery.",
    )
    list_display = ["sku", "product", "on_hand", "reserved", "available", "level"]
    list_filter = [LowFilter]
    search_fields = ["sku"]
    fields = ["sku", "on_hand", "reserved", "available", "low_at"]
    readonly_fields = ["sku", "on_hand", "reserved", "available"]
    actions_list = ["receive_stock", *Imports.actions_list]
    actions_detail = ["correct_stock"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        name = Product.objects.filter(sku=OuterRef("sku")).values("name")
        return super().get_queryset(request).annotate(free=AVAILABLE, product_name=Subquery(name))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_import_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("inventory.book_stock")

    def has_book_stock_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        return request.user.has_perm("inventory.book_stock")

    @display(description="Product", ordering="product_name")
    def product(self, item: StockItem) -> str:
        return item.product_name or "not in the catalogue"

    @display(description="Available", ordering="free")
    def available(self, item: StockItem) -> int:
        return item.available

    @display(description="Level", label={"short": "danger", "low": "warning", "good": "success"})
    def level(self, item: StockItem) -> str:
        if item.available < 0:
            return "short"
        return "low" if item.available <= item.low_at else "good"

    @action(
        description="Receive stock",
        icon="add_box",
        url_path="receive",
        permissions=MAY_BOOK,
        dialog=RECEIVE,
    )
    def receive_stock(self, request: HttpRequest, form: ReceiveForm) -> HttpResponse:
        data = form.cleaned_data
        sku = data["sku"]
        services.receive_stock(sku, data["quantity"], data["reason"], request.user.get_username())
        messages.success(request, f"{data['quantity']} x {sku} received.")
        return onward(request, reverse("admin:inventory_stockitem_changelist"))

    @action(
        description="Correct stock",
        icon="edit",
        url_path="correct",
        permissions=MAY_BOOK,
        dialog=CORRECT,
    )
    def correct_stock(
        self, request: HttpRequest, form: CorrectForm, object_id: str
    ) -> HttpResponse:
        item = row_of(self, request, object_id)
        data = form.cleaned_data
        who = request.user.get_username()
        difference = services.correct_stock(item.sku, data["counted"], data["reason"], who)
        messages.success(request, f"{item.sku} corrected by {difference:+d}.")
        return onward(request, reverse("admin:inventory_stockitem_change", args=[item.pk]))


@admin.register(Reservation)
class ReservationAdmin(LooksOnly, ModelAdmin):
    list_display = ["number", "item", "quantity", "status"]
    list_filter = ["state"]
    list_select_related = ["item"]
    search_fields = ["number", "item__sku"]

    @display(description="State", label=COLOURS)
    def status(self, reservation: Reservation) -> str:
        return reservation.state


@admin.register(Movement)
class MovementAdmin(LooksOnly, ModelAdmin):
    list_display = ["at", "item", "kind", "on_hand", "reserved", "number", "reason", "who"]
    list_filter = ["kind"]
    list_select_related = ["item"]
    search_fields = ["number", "item__sku", "reason", "who"]
    date_hierarchy = "at"
