"""Events in the admin: what was published, and its deliveries."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display

from bus.admin.read_only import ReadOnly
from bus.models import Delivery, Event


class Deliveries(TabularInline):
    model = Delivery
    extra = 0
    can_delete = False
    show_change_link = True
    fields = ("subscription", "state", "attempts", "due_at", "closed_at")
    readonly_fields = fields

    def has_add_permission(self, *_: Any) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.select_related("subscription")


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("id", "type", "stream", "at")
    list_filter = ("type",)
    search_fields = ("stream__exact",)
    search_help_text = "A whole stream, for example SO-100001."
    ordering = ("-id",)
    fields = ("type", "stream", "at", "is_suppressed", "envelope")
    readonly_fields = fields
    inlines = (Deliveries,)

    @display(description="suppressed")
    def is_suppressed(self, event: Event) -> str:
        return "yes: no effects outside the project" if event.suppressed else "no"

    @display(description="CloudEvents envelope")
    def envelope(self, event: Event) -> SafeString:
        text = json.dumps(event.envelope(), indent=2, ensure_ascii=False)
        return format_html('<pre class="whitespace-pre-wrap text-xs">{}</pre>', text)
