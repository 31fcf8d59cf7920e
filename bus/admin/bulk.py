"""The page that confirms a bulk operation: counts by subscription, choices, reason."""

from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.signing import BadSignature, dumps, loads
from django.forms import BooleanField, CharField, Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from bus.admin.confirmation import ask
from bus.failures import failure_group
from bus.models import BulkOperation
from bus.ops import Filter, Refused, bulk, counted

SALT = "bus.admin.bulk"
Operation = BulkOperation.Operation
TITLES = {Operation.DELIVER_AGAIN: "Deliver again", Operation.DISCARD: "Discard"}
PERMISSIONS = {
    Operation.DELIVER_AGAIN: "bus.redeliver_delivery",
    Operation.DISCARD: "bus.discard_delivery",
}
LIST = "admin:bus_delivery_changelist"


class BulkForm(Form):
    reason = CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="For the record.",
        error_messages={"required": "Enter the reason."},
    )


class FinishedBulkForm(BulkForm):
    """With the choice to repeat effects that exist."""

    finished = BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        label="Repeat done and discarded deliveries",
    )
    field_order = ("finished", "reason")


def may(request: HttpRequest, operation: str) -> bool:
    """Whether the user may begin this operation, or stop it."""
    return request.user.has_perm(PERMISSIONS[Operation(operation)])


def address(operation: str, wanted: Filter) -> str:
    """The address of the page that confirms, with the chosen filter, signed."""
    chosen = dumps([operation, msgspec.to_builtins(wanted)], salt=SALT, compress=True)
    page = reverse("admin:bus_delivery_bulk")
    return f"{page}?{urlencode({'chosen': chosen})}"


def confirm(admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Show how many deliveries would change, by subscription; begin when it is confirmed."""
    operation, wanted = _chosen(request)
    if not may(request, operation):
        raise PermissionDenied
    group = failure_group(wanted.failure) if wanted.failure else None
    back = reverse("admin:bus_failure_change", args=[group.key]) if group else reverse(LIST)
    try:
        shares = bulk.preview(wanted, operation)
        form = _form(operation, shares)(request.POST or None)
        if form.is_valid():
            action = bulk.begin(
                wanted,
                operation,
                by=request.user.get_username(),
                why=form.cleaned_data["reason"],
                finished=form.cleaned_data.get("finished", False),
            )
            return HttpResponseRedirect(
                reverse("admin:bus_operatoraction_change", args=[action.pk])
            )
    except Refused as error:
        admin.message_user(request, str(error), "error")
        return HttpResponseRedirect(back)
    title = TITLES[Operation(operation)]
    return ask(
        admin,
        request,
        form,
        title,
        back,
        says=f"All that failed with {group.kind}: {group.says}"
        if group
        else f"{str(wanted).capitalize()}.",
        shares=shares,
        warning=_repeated(shares) if "finished" in form.fields else "",
        button=title,
    )


def _form(operation: str, shares: list[bulk.Share]) -> type[BulkForm]:
    repeats = operation == Operation.DELIVER_AGAIN and any(one.finished for one in shares)
    return FinishedBulkForm if repeats else BulkForm


def _repeated(shares: list[bulk.Share]) -> str:
    external = [
        f"{one.subscription} ({counted(one.finished)})"
        for one in shares
        if one.external and one.finished
    ]
    if not external:
        return "Repeating done or discarded deliveries has no effect outside the project."
    return (
        "Repeating done or discarded deliveries repeats effects outside the project, by "
        f"{', '.join(external)}."
    )


def _chosen(request: HttpRequest) -> tuple[str, Filter]:
    try:
        operation, wanted = loads(request.GET.get("chosen", ""), salt=SALT)
        return Operation(operation), msgspec.convert(wanted, Filter)
    except (BadSignature, ValueError, msgspec.ValidationError) as error:
        raise SuspiciousOperation(
            "The chosen deliveries are not signed by the list; choose them there."
        ) from error


def progress(operation: BulkOperation) -> dict[str, Any]:
    """Its progress: numbers, and the state in words."""
    done = operation.action.count
    if operation.stopped_by:
        state = f"stopped by {operation.stopped_by}"
    else:
        state = "finished" if operation.ended_at else "running"
    return {"done": done, "expected": operation.expected, "state": state}
