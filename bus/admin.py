"""The bus in the admin: read everything, and do to the ledger what an operator may."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import CharField
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from bus import operations
from bus.models import Delivery, Event, OperatorAction, State, Subscription

STATE_COLOURS = {
    State.DONE: "success",
    State.DEAD: "danger",
    State.WAITING: "warning",
    State.SENT: "info",
    State.RUNNING: "info",
    State.SENDING: "info",
}


class ReasonForm(ActionForm):
    """The reason stands beside the choice of the action."""

    reason = CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Reason"}),
    )


class ReadOnly(ModelAdmin):
    """Nobody writes the ledger by hand; what may be done to it are actions."""

    list_disable_select_all = False
    show_full_result_count = False
    action_form = ReasonForm

    def has_add_permission(self, *_: Any) -> bool:
        return False

    def has_change_permission(self, *_: Any) -> bool:
        return False

    def has_delete_permission(self, *_: Any) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bus.operate")


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
    search_fields = ("stream__startswith",)
    search_help_text = "The beginning of a stream, for example SO-1000."
    ordering = ("-id",)
    fields = ("type", "stream", "at", "envelope")
    readonly_fields = fields
    inlines = (Deliveries,)

    @display(description="CloudEvents envelope")
    def envelope(self, event: Event) -> SafeString:
        text = json.dumps(event.envelope(), indent=2, ensure_ascii=False)
        return format_html('<pre class="whitespace-pre-wrap text-xs">{}</pre>', text)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("id", "reaction", "stream", "shown_state", "attempts", "when", "last_error")
    list_filter = ("state", "queue", "subscription")
    list_select_related = ("subscription",)
    search_fields = ("stream__startswith",)
    search_help_text = "The beginning of a stream, for example SO-1000."
    ordering = ("-id",)
    exclude = ("error", "token")
    readonly_fields = ("traceback",)
    actions = ("deliver_again", "discard")

    @display(description="state", ordering="state", label=STATE_COLOURS)
    def shown_state(self, delivery: Delivery) -> str:
        return delivery.state

    @display(description="reaction", ordering="subscription")
    def reaction(self, delivery: Delivery) -> str:
        return delivery.subscription.name.replace(".tasks.", ": ").replace("_", " ")

    @display(description="done, dead or due at")
    def when(self, delivery: Delivery) -> str:
        return date_format(localtime(delivery.closed_at or delivery.due_at), "j M, H:i:s")

    @display(description="last error")
    def last_error(self, delivery: Delivery) -> str:
        lines = delivery.error.strip().splitlines()
        return lines[-1][:120] if lines else ""

    @display(description="traceback")
    def traceback(self, delivery: Delivery) -> SafeString:
        return format_html(
            '<pre class="whitespace-pre-wrap text-xs">{}</pre>', delivery.error or "none"
        )

    @admin.action(description="Deliver again", permissions=["operate"])
    def deliver_again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        self._report(request, operations.deliver_again, deliveries, "due again")

    @admin.action(description="Discard (needs a reason)", permissions=["operate"])
    def discard(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        self._report(request, operations.discard, deliveries, "discarded")

    def _report(
        self, request: HttpRequest, operation: Any, deliveries: QuerySet[Delivery], what: str
    ) -> None:
        ids = list(deliveries.values_list("pk", flat=True))
        reason = request.POST.get("reason", "")
        try:
            count = operation(ids, by=request.user.get_username(), why=reason)
        except operations.Refused as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        level = messages.SUCCESS if count == len(ids) else messages.WARNING
        self.message_user(request, f"{count} of {len(ids)} deliveries are {what}.", level)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnly):
    list_display = ("name", "event_type", "queue", "batch", "retry", "status")
    list_filter = ("queue", "event_type")
    list_select_related = ("queue",)
    search_fields = ("name",)
    actions = ("pause", "resume")

    @display(description="state", label={"active": "success", "paused": "warning"})
    def status(self, subscription: Subscription) -> str:
        if subscription.retired_at:
            return "retired"
        return "paused" if subscription.paused_at else "active"

    @admin.action(description="Pause", permissions=["operate"])
    def pause(self, request: HttpRequest, subscriptions: QuerySet[Subscription]) -> None:
        self._each(request, operations.pause, subscriptions, "paused")

    @admin.action(description="Resume", permissions=["operate"])
    def resume(self, request: HttpRequest, subscriptions: QuerySet[Subscription]) -> None:
        self._each(request, operations.resume, subscriptions, "active")

    def _each(
        self, request: HttpRequest, operation: Any, subscriptions: QuerySet[Subscription], what: str
    ) -> None:
        names = list(subscriptions.values_list("name", flat=True))
        for name in names:
            operation(name, by=request.user.get_username(), why=request.POST.get("reason", ""))
        self.message_user(request, f"Now {what}: {', '.join(names)}.", messages.SUCCESS)


@admin.register(OperatorAction)
class OperatorActionAdmin(ReadOnly):
    list_display = ("at", "who", "what", "subject", "count", "why")
    list_filter = ("what", "who")
    actions = None
