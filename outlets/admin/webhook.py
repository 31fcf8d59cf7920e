"""Webhooks, each with its latest try; staff send them again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from outlets import services
from outlets.models import State, Webhook
from outlets.selectors import delivery_of, webhook_id
from shop.admin import LooksOnly

LINK = "text-primary-600 dark:text-primary-500"

COLOURS = {
    State.WAITING: "info",
    State.SENT: "success",
    State.SKIPPED: "warning",
    State.FAILED: "danger",
}

FORBIDDEN = (
    "{} gets customers' data. To send to it you need the permission Can send customers' data to an "
    "endpoint."
)


def may_forward(request: HttpRequest) -> bool:
    return request.user.has_perm("outlets.forward_customers")


def took(webhook: Webhook) -> str:
    return "-" if webhook.took is None else f"{webhook.took.total_seconds():.3f} s"


def _link(page: str, *args: int, text: object, query: str = "") -> SafeString:
    address = reverse(f"admin:{page}", args=args) + query
    return format_html('<a href="{}" class="{}">{}</a>', address, LINK, text)


@admin.register(Webhook)
class WebhookAdmin(LooksOnly, ModelAdmin):
    """Read-only: what was sent cannot be changed, only sent again."""

    list_display = ["name", "endpoint", "status_label", "status", "took_seconds", "tried_at"]
    list_filter = ["state", "endpoint"]
    list_select_related = ["endpoint"]
    search_fields = ["subject__exact"]
    search_help_text = "Order number"
    actions = ["send_again"]
    fieldsets = [
        (None, {"fields": ["type", "order", "event_link", "to", "requested_by"]}),
        (
            "Sending",
            {
                "fields": [
                    "webhook_id", "delivery", "state", "note", "tries", "tried_at", "status",
                    "took_seconds",
                ]
            },
        ),
    ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Webhook | None = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]

    def has_resend_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("outlets.resend_webhook")

    @display(description="Webhook", ordering="type")
    def name(self, webhook: Webhook) -> str:
        return str(webhook)

    @display(description="State", ordering="state", label=COLOURS)
    def status_label(self, webhook: Webhook) -> tuple[str, str]:
        return webhook.state, webhook.get_state_display()

    @display(description="Took")
    def took_seconds(self, webhook: Webhook) -> str:
        return took(webhook)

    @display(description="Order")
    def order(self, webhook: Webhook) -> str:
        if not webhook.subject:
            return "-"
        number = webhook.subject
        return _link("orders_order_changelist", text=number, query=f"?q={number}")

    @display(description="Event")
    def event_link(self, webhook: Webhook) -> str:
        if webhook.event is None:
            return "-"
        return _link("bus_event_change", webhook.event, text=webhook.event)

    @display(description="Endpoint")
    def to(self, webhook: Webhook) -> str:
        return _link("outlets_endpoint_change", webhook.endpoint_id, text=webhook.endpoint)

    @display(description="webhook-id")
    def webhook_id(self, webhook: Webhook) -> str:
        return webhook_id(webhook)

    @display(description="Delivery")
    def delivery(self, webhook: Webhook) -> str:
        found = delivery_of(webhook)
        if found is None:
            return "-"
        return _link("bus_delivery_change", found.pk, text=f"{found.pk}, {found.state}")

    @action(description="Send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Webhook]) -> None:
        for webhook in chosen.select_related("endpoint"):
            if webhook.endpoint.with_customer and not may_forward(request):
                messages.warning(request, FORBIDDEN.format(webhook.endpoint))
                continue
            try:
                services.send_again(webhook, request.user.get_username())
            except services.Refused as error:
                messages.warning(request, str(error))
            else:
                messages.success(request, f"{webhook} will be sent to {webhook.endpoint} again.")
