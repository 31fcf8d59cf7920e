"""Deliveries in the admin: read, deliver again, discard."""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.admin import TabularInline
from unfold.decorators import display

from bus.admin.bulk import Operation, address, confirm, may
from bus.admin.failures import group_page, groups_page
from bus.admin.filters import EventTime, filter_of
from bus.admin.read_only import ReadOnly, in_words
from bus.models import OPEN, Delivery, FailedAttempt, State
from bus.ops import Filter, Refused

STATE_COLOURS = {
    State.DONE: "success",
    State.DEAD: "danger",
    State.WAITING: "warning",
    State.SENT: "info",
    State.RUNNING: "info",
    State.SENDING: "info",
}

NOTHING = "-"


class FailedAttempts(TabularInline):
    model = FailedAttempt
    extra = 0
    can_delete = False
    hide_title = True
    verbose_name_plural = "failed attempts"
    fields = ("number", "when", "worker", "took", "kind", "frame", "says")
    readonly_fields = fields
    ordering = ("id",)

    def has_add_permission(self, *_: Any) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, _row: Any = None) -> bool:
        return request.user.has_perm("bus.view_delivery")

    @display(description="at")
    def when(self, attempt: FailedAttempt) -> str:
        return _to_the_second(attempt.at)

    @display(description="worker")
    def worker(self, attempt: FailedAttempt) -> str:
        return attempt.worker or "lost"

    @display(description="took")
    def took(self, attempt: FailedAttempt) -> str:
        return NOTHING if attempt.lasted is None else f"{attempt.lasted.total_seconds():.3f} s"

    @display(description="error")
    def says(self, attempt: FailedAttempt) -> str:
        return "".join(attempt.text.strip().splitlines()[-1:])[:200]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("id", "handler", "stream", "shown_state", "attempts", "when", "last_error")
    list_filter = ("state", ("event__at", EventTime), "queue", "subscription")
    list_filter_submit = True
    list_select_related = ("subscription",)
    search_fields = ("event__stream__exact",)
    search_help_text = "A whole stream, for example SO-100001."
    ordering = ("-id",)
    fields = (
        "event", "subscription", "queue", "stream", "state", "kind", "attempts", "crashes",
        "uncounted", "ambiguous", "since", "due", "lease", "closed", "failures", "traceback",
    )  # fmt: skip
    readonly_fields = fields
    inlines = (FailedAttempts,)
    actions = ("deliver_again", "discard")

    @display(description="state", ordering="state", label=STATE_COLOURS)
    def shown_state(self, delivery: Delivery) -> str:
        return delivery.state

    @display(description="handler", ordering="subscription")
    def handler(self, delivery: Delivery) -> str:
        return in_words(delivery.subscription.name)

    @display(description="done, dead or due at")
    def when(self, delivery: Delivery) -> str:
        return date_format(localtime(delivery.closed_at or delivery.due_at), "j M, H:i:s")

    @display(description="kind")
    def kind(self, delivery: Delivery) -> str:
        said = {
            "in its lane": delivery.ordered,
            "alone": delivery.alone,
            "suppressed": delivery.suppressed,
        }
        return ", ".join(word for word, is_so in said.items() if is_so) or NOTHING

    @display(description="due at")
    def due(self, delivery: Delivery) -> str:
        return _to_the_second(delivery.due_at)

    @display(description="open since")
    def since(self, delivery: Delivery) -> str:
        return _to_the_second(delivery.due_since)

    @display(description="lease until")
    def lease(self, delivery: Delivery) -> str:
        return _to_the_second(delivery.lease_until)

    @display(description="closed at")
    def closed(self, delivery: Delivery) -> str:
        return _to_the_second(delivery.closed_at)

    @display(description="last error")
    def last_error(self, delivery: Delivery) -> str:
        lines = delivery.error.strip().splitlines()
        return lines[-1][:120] if lines else ""

    @display(description="failures like its last")
    def failures(self, delivery: Delivery) -> SafeString | str:
        if not (delivery.failure_key and delivery.state in OPEN):
            return NOTHING
        page = reverse("admin:bus_failure_change", args=[delivery.failure_key])
        return format_html('<a class="underline" href="{}">Show the group</a>', page)

    @display(description="traceback")
    def traceback(self, delivery: Delivery) -> SafeString:
        return format_html(
            '<pre class="whitespace-pre-wrap text-xs">{}</pre>', delivery.error or "none"
        )

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Any]] = {
            "bulk/": ("bus_delivery_bulk", self.confirm_bulk),
            "failures/": ("bus_failure_changelist", partial(groups_page, self)),
            "failures/<str:key>/": ("bus_failure_change", partial(group_page, self)),
        }
        own: list[URLPattern] = [
            path(route, self.admin_site.admin_view(view), name=name)
            for route, (name, view) in pages.items()
        ]
        return [*own, *super().get_urls()]

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        return may(request, Operation.DELIVER_AGAIN)

    def has_discard_permission(self, request: HttpRequest) -> bool:
        return may(request, Operation.DISCARD)

    @admin.action(description="Deliver again", permissions=["redeliver"])
    def deliver_again(
        self, request: HttpRequest, deliveries: QuerySet[Delivery]
    ) -> HttpResponse | None:
        return self._confirm(request, Operation.DELIVER_AGAIN, deliveries)

    @admin.action(description="Discard", permissions=["discard"])
    def discard(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> HttpResponse | None:
        return self._confirm(request, Operation.DISCARD, deliveries)

    def confirm_bulk(self, request: HttpRequest) -> HttpResponse:
        """Confirm a bulk operation and begin it."""
        if not any(may(request, operation) for operation in Operation):
            raise PermissionDenied
        return confirm(self, request)

    def _confirm(
        self, request: HttpRequest, operation: str, deliveries: QuerySet[Delivery]
    ) -> HttpResponse | None:
        try:
            if request.POST.get("select_across") == "1":
                wanted = filter_of(self.get_changelist_instance(request))
            else:
                wanted = Filter(ids=tuple(sorted(deliveries.values_list("pk", flat=True))))
        except Refused as error:
            self.message_user(request, str(error), messages.ERROR)
            return None
        return HttpResponseRedirect(address(operation, wanted))


def _to_the_second(instant: datetime | None) -> str:
    """What happens to a delivery takes less than a minute."""
    return date_format(localtime(instant), "j M Y, H:i:s") if instant else NOTHING
