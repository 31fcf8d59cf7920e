"""Operator actions and results of the audit in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action, display

from bus.admin.bulk import may, progress
from bus.admin.confirmation import ask
from bus.admin.read_only import ReadOnly, record_of
from bus.models import AuditResult, BulkOperation, OperatorAction
from bus.ops import bulk

AGAIN = "2"
"""Seconds after which the page of a running bulk operation is loaded again."""


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

    def has_stop_permission(self, request: HttpRequest, object_id: str) -> bool:
        """What one may begin, one may stop. Without a bulk operation there is nothing to stop."""
        done = self.get_object(request, unquote(str(object_id)))
        operation = _bulk(done) if done else None
        return operation is not None and may(request, operation.operation)

    @action(description="Stop", permissions=["stop"], icon="stop_circle")
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Confirm, then stop a bulk operation after its running step; what is done stays done."""
        done = self.get_object(request, unquote(object_id))
        if done is None:
            raise Http404
        page = reverse("admin:bus_operatoraction_change", args=[done.pk])
        if request.method != "POST":
            says = "It stops after the running step. What is done so far stays done."
            return ask(self, request, Form(), "Stop", page, says=says, button="Stop")
        if bulk.stop(done.pk, by=record_of(request)["by"]):
            self.message_user(request, "Stopped. What was done so far stays done.")
        else:
            self.message_user(request, "It has ended already.", messages.WARNING)
        return HttpResponseRedirect(page)


@admin.register(AuditResult)
class AuditResultAdmin(ReadOnly):
    """The results of the last audit; `manage.py audit` lists the findings."""

    list_display = ("rule", "at", "findings", "result")
    list_filter = ("unseen",)
    fields = ("rule", "at", "findings", "result")
    readonly_fields = fields
    actions = None
    when_empty = "The audit has not run yet. The console's jobs run it at once."

    @display(
        description="result",
        label={"holds": "success", "does not hold": "danger", "not seen": "warning"},
    )
    def result(self, result: AuditResult) -> str:
        if result.unseen:
            return "not seen"
        return "does not hold" if result.findings else "holds"


def _bulk(done: OperatorAction) -> BulkOperation | None:
    try:
        return done.bulk
    except BulkOperation.DoesNotExist:
        return None
