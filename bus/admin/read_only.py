"""What all pages of the bus have in common: they are read-only, with actions."""

from typing import Any

from django.db.transaction import non_atomic_requests
from django.forms import CharField
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from bus.console.pictures import label


class ReasonForm(ActionForm):
    """The choice of the action, with a reason."""

    reason = CharField(
        label="",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Reason", "aria-label": "Reason"}),
    )


class ReadOnly(ModelAdmin):
    """Rows cannot be added, changed or deleted; each action has a permission of its own."""

    list_disable_select_all = False
    show_full_result_count = False
    action_form = ReasonForm

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Without Django's history of edits, which is empty."""
        context = {**(extra_context or {}), "show_history": False}
        return super().changeform_view(request, object_id, form_url, context)

    @non_atomic_requests
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Its actions commit in steps."""
        return super().changelist_view(request, extra_context)

    def has_add_permission(self, *_: Any) -> bool:
        return False

    def has_change_permission(self, *_: Any) -> bool:
        return False

    def has_delete_permission(self, *_: Any) -> bool:
        return False


def in_words(subscription: str) -> str:
    """A subscription's app and function. With blanks, so that it wraps in a narrow column."""
    return f"{subscription.split('.')[0]}: {label(subscription)}"


def record_of(request: HttpRequest) -> dict[str, str]:
    """The operator and the reason, as an operation records them."""
    return {"by": request.user.get_username(), "why": request.POST.get("reason", "")}
