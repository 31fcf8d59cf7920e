"""Shipments in the admin, read-only, with their packing slips.

Dispatching and returns are on the packing board.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from fulfillment import board, slips
from fulfillment.models import PackingBoard, Shipment, ShipmentLine
from fulfillment.panels import COLOURS
from shop.admin import LooksOnly, row_of


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
    actions = ["packing_slips"]
    actions_detail = ["packing_slip"]

    @action(description="Packing slips", permissions=["view"])
    def packing_slips(
        self, request: HttpRequest, chosen: QuerySet[Shipment]
    ) -> HttpResponse | None:
        """One file with the slips of the chosen shipments, oldest release first."""
        count = chosen.count()
        if count > slips.MOST_SLIPS:
            messages.error(
                request,
                f"{count} shipments are chosen; a file has {slips.MOST_SLIPS} slips at most.",
            )
            return None
        return self._slips(request, chosen)

    @action(
        description="Packing slip",
        url_path="packing-slip",
        permissions=["view"],
        icon="print",
        attrs={"target": "_blank"},
    )
    def packing_slip(self, request: HttpRequest, object_id: str) -> HttpResponse:
        shipment = row_of(self, request, object_id)
        page = reverse("admin:fulfillment_shipment_change", args=[shipment.pk])
        found = self._slips(request, Shipment.objects.filter(pk=shipment.pk))
        return found or HttpResponseRedirect(page)

    def _slips(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        """The PDF; None, with a message, if none of the shipments is to be packed."""
        rows = list(chosen.order_by("released_at", "id").prefetch_related("lines"))
        printed = [row for row in rows if row.state in slips.PRINTABLE]
        if left_out := [str(row) for row in rows if row not in printed]:
            messages.warning(request, f"No packing slip: {', '.join(left_out)}.")
        if not printed:
            return None
        name = printed[0].number if len(printed) == 1 else f"{len(printed)}-packing-slips"
        return HttpResponse(
            slips.draw(printed),
            content_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
        )

    @display(description="State", ordering="state", label=COLOURS)
    def status(self, shipment: Shipment) -> tuple[str, str]:
        return shipment.state, shipment.get_state_display()


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
