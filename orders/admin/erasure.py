"""Erasing a customer's data in the admin: one member of staff requests it, another one agrees."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminEmailInputWidget

from orders import services
from orders.models import Erasure
from orders.selectors import waiting_erasures
from shop.admin import WritableAdmin, row_of
from shop.changes import ChangesForm
from shop.submissions import onward

MAY_ERASE = "orders.erase_customer"

# A dialog with a form and its token: a plain link could be triggered from any page (CSRF).
AGREE = {
    "title": "Agree and erase",
    "description": "Name, addresses and mails of this customer are erased at once, in all orders. "
    "Invoices stay for the tax office. It cannot be undone.",
    "form_submit_text": "Agree and erase",
}


class ErasureForm(ChangesForm):
    email = forms.EmailField(
        label="E-mail",
        widget=UnfoldAdminEmailInputWidget,
        help_text="Every spelling that reaches the same mailbox counts.",
    )

    class Meta:
        model = Erasure
        fields = ("email", "why")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if why_not := services.erasure_obstacle(email):
            raise forms.ValidationError(why_not)
        return email


@admin.register(Erasure)
class ErasureAdmin(WritableAdmin):
    """Requests are made and agreed to here; none is changed or deleted."""

    form = ErasureForm
    list_display = ["erasure", "state", "orders", "requested_by", "requested_at", "agreed_by"]
    fieldsets = [(None, {"fields": ["email", "why"]})]
    actions_detail = ["agree"]

    def get_fieldsets(self, request: HttpRequest, obj: Erasure | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        done = ["requested_by", "requested_at", "agreed_by", "erased_at", "orders", "person"]
        return [(None, {"fields": ["state", "email", "why"]}), ("Record", {"fields": done})]

    def get_readonly_fields(self, request: HttpRequest, obj: Erasure | None = None) -> list[str]:
        return ["state"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or request.user.has_perm(MAY_ERASE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_ERASE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_agree_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(MAY_ERASE)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """The button, for those only who can press it."""
        found = super().get_actions_detail(request, object_id)
        if not str(object_id).isdecimal():
            return []
        theirs = waiting_erasures().exclude(requested_by=request.user.get_username())
        return found if theirs.filter(pk=object_id).exists() else []

    @display(description="erasure", ordering="id")
    def erasure(self, erasure: Erasure) -> str:
        return str(erasure)

    @display(
        description="state",
        label={"erased": "success", "waits for a second person": "warning", "expired": "default"},
    )
    def state(self, erasure: Erasure) -> str:
        if erasure.erased_at:
            return "erased"
        waits = waiting_erasures().filter(pk=erasure.pk).exists()
        return "waits for a second person" if waits else "expired"

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        try:
            page: HttpResponse = super().changeform_view(request, *args, **options)
        except services.NotForgettable as refusal:  # since the form was checked
            messages.error(request, str(refusal))
            return onward(request, reverse("admin:orders_erasure_changelist"))
        return page

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        made = services.request_erasure(obj.email, by=request.user.get_username(), why=obj.why)
        obj.pk = made.pk

    @action(
        description="Agree and erase",
        url_path="agree",
        permissions=["agree"],
        icon="person_remove",
        dialog=AGREE,
    )
    def agree(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        erasure = row_of(self, request, object_id)
        try:
            done = services.agree_to_erasure(erasure.pk, by=request.user.get_username())
        except services.NotForgettable as refusal:
            messages.error(request, f"Nothing was erased. {refusal}")
        else:
            self.log_change(request, done, "Agreed, and erased")
            messages.success(request, f"The customer of {done.orders} orders is forgotten.")
        return onward(request, reverse("admin:orders_erasure_change", args=[erasure.pk]))
