"""Mails in the admin, read-only; staff can have one sent again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape, format_html
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from bus.sealing import CannotDecrypt
from notifications import services
from notifications.events import CustomerErased
from notifications.models import Message
from notifications.panels import COLOURS
from notifications.selectors import mail_of
from shop.admin import LooksOnly, row_of
from shop.submissions import onward

REPEATED = "Sent again"

# A dialog with a form and its token: a plain link could be triggered from any page (CSRF).
DIALOG = {
    "title": "Send again",
    "description": "The mail is rendered again with today's templates and sent to the customer.",
    "form_submit_text": "Send again",
}


@admin.register(Message)
class MessageAdmin(LooksOnly, ModelAdmin):
    """Read-only: a sent mail cannot be changed, only sent again."""

    list_display = ["order_number", "kind", "to", "coloured_state", "sent_at", "asked_by"]
    list_filter = ["state", "kind", "begun_at"]
    search_fields = ["order_number", "subject", "to"]
    search_help_text = "Order number, subject or address"
    list_fullwidth = True
    actions = ["send_again"]
    actions_detail = ["send_this_again"]
    fieldsets = [
        (None, {"fields": ["order_number", "kind", "subject", "to", "documents"]}),
        ("Sending", {"fields": ["state", "note", "begun_at", "sent_at", "message_id"]}),
        (REPEATED, {"fields": ["original", "asked_by", "asked_at"]}),
        ("The mail as it would be sent today", {"fields": ["preview"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Message | None = None) -> list[Any]:
        sections = list(self.fieldsets)
        return sections if obj and obj.original_id else [s for s in sections if s[0] != REPEATED]

    def has_resend_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("notifications.resend_message")

    def get_readonly_fields(self, request: HttpRequest, obj: Message | None = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]

    @display(description="State", ordering="state", label=COLOURS)
    def coloured_state(self, message: Message) -> tuple[str, str]:
        return message.state, message.get_state_display()

    @display(description="Attached")
    def documents(self, message: Message) -> str:
        return ", ".join(message.attachments) or "-"

    @display(description="Preview")
    def preview(self, message: Message) -> str:
        """The HTML body in a sandboxed frame: no scripts, no forms, no origin."""
        try:
            html = mail_of(message).html
        except (CustomerErased, CannotDecrypt) as error:
            return str(error)
        return format_html(
            '<iframe sandbox srcdoc="{}" title="The mail" loading="lazy" style="width:100%;'
            ' max-width:700px; height:900px; border:1px solid #dfe7e5; border-radius:8px">'
            "</iframe>",
            escape(html),  # safe HTML, but here it is an attribute's value
        )

    @action(description="Send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Message]) -> None:
        for message in chosen.select_related("original"):
            self._request(request, message)

    @action(description="Send again", url_path="send-again", permissions=["resend"], dialog=DIALOG)
    def send_this_again(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        message = row_of(self, request, object_id)
        self._request(request, message)
        return onward(request, reverse("admin:notifications_message_changelist"))

    def _request(self, request: HttpRequest, message: Message) -> None:
        try:
            services.request_resend(message, by=request.user.get_username())
        except services.NotResendable as error:
            messages.warning(request, str(error))
        else:
            messages.success(
                request, f"The {message.kind} of {message.order_number} will be sent again."
            )
