"""Shipments in the admin, read-only; dispatching and returns are on the packing board."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

import fulfillment.panels  # noqa: F401 -- imported to register
from fulfillment import board
from fulfillment.models import PackingBoard, Shipment, ShipmentLine
from shop.admin import LooksOnly


class LineInline(LooksOnly, TabularInline):
    model = ShipmentLine
    fields = ["sku", "name", "quantity"]
    extra = 0
    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("fulfillment.view_shipment")


@admin.register(Shipment)
class ShipmentAdmin(LooksOnly, ModelAdmin):
    list_display = ["number", "status", "recipient", "city", "carrier", "tracking_number"]
    list_filter = ["state", "opened_at"]
    search_fields = ["number", "recipient", "email", "tracking_number"]
    fieldsets = [
        (None, {"fields": ["number", "order_id", "state"]}),
        (
            "Recipient",
            {
                "fields": [
                    "recipient",
                    "email",
                    "line1",
                    "line2",
                    ("postal_code", "city"),
                    ("region", "country"),
                ]
            },
        ),
        ("Parcel", {"fields": [("carrier", "tracking_number")]}),
        (
            "What happened",
            {
                "fields": [
                    ("opened_at", "released_at"),
                    ("dispatched_at", "returned_at"),
                    ("cancelled_at", "recalled_at"),
                    "telling_at",
                ]
            },
        ),
    ]
    inlines = [LineInline]

    @display(
        description="State",
        ordering="state",
        label={
            "released": "info",
            "dispatched": "success",
            "cancelled": "warning",
            "to be returned": "danger",
        },
    )
    def status(self, shipment: Shipment) -> str:
        return shipment.state


@admin.register(PackingBoard)
class PackingBoardAdmin(LooksOnly, ModelAdmin):
    """Shows the board in place of the model's list, under a permission of its own."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("fulfillment.dispatch_shipment")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return board.show(self, request)
