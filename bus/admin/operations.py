"""Operator actions in the admin: who did what to the ledger, when and why, and how far it is."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action, display

from bus.admin.bulk import progress
from bus.admin.confirmation import ask
from bus.admin.read_only import ReadOnly, record_of
from bus.models import AuditResult, BulkOperation, OperatorAction
from bus.ops import bulk

AGAIN = "2"
"""Seconds after which the page of a bulk operation that goes on shows itself anew."""


@admin.register(OperatorAction)
class OperatorActionAdmin(ReadOnly):
    list_display = ("at", "who", "what", "subject", "count", "progress", "why")
    list_filter = ("what", "who")
    list_select_related = ("bulk",)
    fields = ("at", "who", "what", "subject", "count", "progress", "why")
    readonly_fields = fields
    actions = None
    actions_detail = ("stop",)

    @display(description="progress")
    def progress(self, done: OperatorAction) -> str:
        operation = _bulk(done)
        if operation is None:
            return "finished"
        return "{done} of {expected}, {state}".format(**progress(operation))

    def change_view(self, request: HttpRequest, object_id: str, *more: Any, **also: Any) -> Any:
        response = super().change_view(request, object_id, *more, **also)
        action = self.get_object(request, unquote(object_id))
        if action and BulkOperation.objects.filter(action=action, ended_at=None).exists():
            response["Refresh"] = AGAIN
        return response

    @action(description="Stop", permissions=["operate"], icon="stop_circle")
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then end a bulk operation after the step that runs; what is done stays done."""
        done = self.get_object(request, unquote(object_id))
        if done is None:
            raise Http404
        page = reverse("admin:bus_operatoraction_change", args=[done.pk])
        if request.method != "POST":
            says = "It ends after the step that runs. What is done so far stays done."
            return ask(self, request, Form(), "Stop", page, says=says, button="Stop")
        if bulk.stop(done.pk, by=record_of(request)["by"]):
            self.message_user(request, "Stopped. What was done so far stays done.")
        else:
            self.message_user(request, "It has ended already.", messages.WARNING)
        return HttpResponseRedirect(page)


@admin.register(AuditResult)
class AuditResultAdmin(ReadOnly):
    """What the audit came to last; `manage.py audit` says what it found."""

    list_display = ("rule", "at", "findings", "result")
    list_filter = ("unseen",)
    fields = ("rule", "at", "findings", "result")
    readonly_fields = fields
    actions = None

    @display(
        description="result",
        label={"holds": "success", "does not hold": "danger", "not seen": "warning"},
    )
    def result(self, asked: AuditResult) -> str:
        if asked.unseen:
            return "not seen"
        return "does not hold" if asked.findings else "holds"


def _bulk(done: OperatorAction) -> BulkOperation | None:
    try:
        return done.bulk
    except BulkOperation.DoesNotExist:
        return None
