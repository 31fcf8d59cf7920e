"""Endpoints, with what each was sent; staff test them and renew their secrets."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from outlets import services
from outlets.admin.webhook import COLOURS, may_forward, took
from outlets.forms import EndpointForm
from outlets.models import Endpoint, State
from outlets.selectors import latest
from shop.admin import WritableAdmin, row_of
from shop.submissions import ShownOnce, onward

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


def _say_if_off(request: HttpRequest) -> None:
    if not settings.OUTLET_WEBHOOKS:
        messages.warning(request, services.OFF)


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
        return allowed and (obj is None or not obj.with_customer or may_forward(request))

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
        return shown if may_forward(request) else ["with_customer", *shown]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        _say_if_off(request)
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    def render_change_form(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        _say_if_off(request)
        page: HttpResponse = super().render_change_form(request, *args, **options)
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
        rows = [(row, COLOURS[State(row.state)], took(row)) for row in latest(endpoint)]
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
        else:
            return
        if obj.enabled:
            services.resume(obj, request.user.get_username())

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        messages.success(request, f"The endpoint {obj} was added.")
        return self._show_secret(request, obj)

    def has_maintain_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        row = self.get_object(request, unquote(str(object_id))) if object_id else None
        return self.has_change_permission(request, row)

    def has_ping_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Not while webhooks are off: it would wait, and be sent long after it was asked for."""
        return settings.OUTLET_WEBHOOKS and self.has_maintain_permission(request, object_id)

    @action(
        description="Send a test",
        url_path="test",
        permissions=["ping"],
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
