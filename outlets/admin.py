"""Endpoints in the admin, with what each was sent; staff test them and renew their secrets."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from outlets import services
from outlets.forms import EndpointForm
from outlets.models import Endpoint, State, Webhook
from outlets.selectors import latest
from shop.admin import LooksOnly, WritableAdmin, row_of
from shop.submissions import ShownOnce, onward

COLOURS = {
    State.WAITING: "info",
    State.SENT: "success",
    State.SKIPPED: "warning",
    State.FAILED: "danger",
}

OFF = (
    "Webhooks are off. Set OUTLET_WEBHOOKS=1, restart the shop, and start a worker of the queue "
    "outlets."
)

FORBIDDEN = (
    "{} gets customers' data. To send to it you need the permission Can send customers' data to an "
    "endpoint."
)

# A dialog with a form and its token: a plain link could be triggered from any page (CSRF).
TEST = {
    "title": "Send a test",
    "description": "The endpoint gets a signed webhook of the type Ping, once.",
    "form_submit_text": "Send",
}
RENEW = {
    "title": "New secret",
    "description": "The new secret is shown once. For a day the old one signs as well, so that the "
    "consumer can change over. A new secret that was made within the last day is replaced at once.",
    "form_submit_text": "Make a new secret",
}


def _may_forward(request: HttpRequest) -> bool:
    return request.user.has_perm("outlets.forward_customers")


def _took(webhook: Webhook) -> str:
    return "-" if webhook.took is None else f"{webhook.took.total_seconds():.3f} s"


@admin.register(Endpoint)
class EndpointAdmin(WritableAdmin):
    form = EndpointForm
    list_display = ["name", "url", "customer", "status"]
    list_filter = ["enabled"]
    search_fields = ["url", "description"]
    actions_detail = ["ping", "renew_secret"]

    def has_change_permission(self, request: HttpRequest, obj: Endpoint | None = None) -> bool:
        """One with customers' data needs a permission more: its address decides who has it."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.with_customer or _may_forward(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Disable it: what it was sent stays on record."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Endpoint | None = None) -> list[Any]:
        chosen = (None, {"fields": ["url", "description", "events", "with_customer", "enabled"]})
        if obj is None:
            return [chosen]
        return [
            chosen,
            ("Latest webhooks", {"fields": ["condition", "sent"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> list[str]:
        shown = ["condition", "sent"]
        return shown if _may_forward(request) else ["with_customer", *shown]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not settings.OUTLET_WEBHOOKS:
            messages.warning(request, OFF)
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    @display(description="Endpoint", ordering="description")
    def name(self, endpoint: Endpoint) -> str:
        return str(endpoint)

    @display(description="Customer's data", boolean=True, ordering="with_customer")
    def customer(self, endpoint: Endpoint) -> bool:
        return endpoint.with_customer

    @display(
        description="State",
        ordering="enabled",
        label={"enabled": "success", "failing": "warning", "disabled": "danger"},
    )
    def status(self, endpoint: Endpoint) -> str:
        if not endpoint.enabled:
            return "disabled"
        return "failing" if endpoint.failing_since else "enabled"

    @display(description="State")
    def condition(self, endpoint: Endpoint) -> str:
        since = endpoint.disabled_at or endpoint.failing_since
        known = f" since {date_format(localtime(since), 'j M, H:i:s')}" if since else ""
        return f"{self.status(endpoint).capitalize()}{known}. {endpoint.disabled_because}".strip()

    @display(description="Sent")
    def sent(self, endpoint: Endpoint) -> str:
        rows = [(row, COLOURS[State(row.state)], _took(row)) for row in latest(endpoint)]
        return render_to_string("outlets/latest.html", {"rows": rows, "endpoint": endpoint})

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if not change:
            services.set_up(obj)
        super().save_model(request, obj, form, change)
        if not change:
            return
        if "enabled" in form.changed_columns and obj.enabled:
            services.enable(obj)
        elif "url" in form.changed_columns:
            services.forget_failures(obj)

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        messages.success(request, f"The endpoint {obj} was added.")
        return self._show_secret(request, obj)

    def has_maintain_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        row = self.get_object(request, unquote(str(object_id))) if object_id else None
        return self.has_change_permission(request, row)

    @action(
        description="Send a test",
        url_path="test",
        permissions=["maintain"],
        icon="send",
        dialog=TEST,
    )
    def ping(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        endpoint = row_of(self, request, object_id)
        try:
            services.ping(endpoint, request.user.get_username())
        except services.Refused as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, f"A test for {endpoint} is on its way; reload this page.")
        return onward(request, reverse("admin:outlets_endpoint_change", args=[endpoint.pk]))

    @action(
        description="New secret",
        url_path="secret",
        permissions=["maintain"],
        icon="key",
        dialog=RENEW,
    )
    def renew_secret(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        endpoint = row_of(self, request, object_id)
        services.rotate_secret(endpoint)
        self.log_change(request, endpoint, "New secret")
        messages.success(request, f"{endpoint} has a new secret.")
        return self._show_secret(request, endpoint)

    def _show_secret(self, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
        """Show it in this response alone: messages and redirects would be stored on their way."""
        page = reverse("admin:outlets_endpoint_change", args=[endpoint.pk])
        shown = {"endpoint": endpoint, "onward": page}
        if "HX-Request" not in request.headers:
            shown |= self.admin_site.each_context(request) | {"title": "Secret"}
            return ShownOnce(render_to_string("outlets/secret_page.html", shown, request), page)
        answer = ShownOnce(render_to_string("outlets/secret.html", shown, request), page)
        # In the place of the dialog, whose form would replace its fields only.
        answer["HX-Retarget"], answer["HX-Reswap"] = "#modal-content", "innerHTML"
        answer["HX-Reselect"] = "#dialog"
        return answer


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
        (None, {"fields": ["type", "subject", "endpoint", "requested_by"]}),
        ("Sending", {"fields": ["state", "note", "tries", "tried_at", "status", "took_seconds"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Webhook | None = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]

    def has_resend_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("outlets.change_endpoint")

    @display(description="Webhook", ordering="type")
    def name(self, webhook: Webhook) -> str:
        return str(webhook)

    @display(description="State", ordering="state", label=COLOURS)
    def status_label(self, webhook: Webhook) -> tuple[str, str]:
        return webhook.state, webhook.get_state_display()

    @display(description="Took")
    def took_seconds(self, webhook: Webhook) -> str:
        return _took(webhook)

    @action(description="Send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Webhook]) -> None:
        for webhook in chosen.select_related("endpoint"):
            if webhook.endpoint.with_customer and not _may_forward(request):
                messages.warning(request, FORBIDDEN.format(webhook.endpoint))
                continue
            try:
                services.send_again(webhook, request.user.get_username())
            except services.Refused as error:
                messages.warning(request, str(error))
            else:
                messages.success(request, f"{webhook} will be sent to {webhook.endpoint} again.")
