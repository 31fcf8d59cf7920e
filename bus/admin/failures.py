"""Failures in the admin: the groups, and one group with its deliveries, note and operations."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import CharField, Form, Textarea
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from bus import ops
from bus.admin.bulk import Operation, address, may, progress
from bus.failures import (
    FailureGroup,
    dead_without_group,
    deliveries_of,
    failure_group,
    failure_groups,
)
from bus.models import BulkOperation, FailureNote
from bus.models.failures import KEY_LENGTH
from bus.ops import Filter

KEY = re.compile(f"[0-9a-f]{{{KEY_LENGTH}}}")

MAY_NOTE = "bus.change_failurenote"

ON_A_PAGE = 20
"""Groups, or deliveries of one group: each takes a quarter of a millisecond to draw."""

OPERATIONS_SHOWN = 5

STATES = {"": "All", "dead": "Dead", "retrying": "Tried again"}
"""The values of `state` in the address, and their names."""


class NoteForm(Form):
    text = CharField(
        required=False,
        label="Note",
        max_length=ops.LONGEST_NOTE,
        widget=Textarea(attrs={"rows": 3, "placeholder": "Cause, ticket, who is at it"}),
    )


@dataclass(frozen=True)
class Tab:
    """A choice of the list: its name, its address, how many groups it shows."""

    name: str
    link: str
    count: int
    chosen: bool


def groups_page(admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The groups of failures; what is shown is in the address."""
    _check_view(admin, request)
    wanted = {name: request.GET.get(name, "") for name in ("state", "subscription")}
    found = failure_groups()
    of_subscription = [
        group for group in found if wanted["subscription"] in ("", group.subscription)
    ]
    shown = [group for group in of_subscription if _is_in(group, wanted["state"])]
    page = Paginator(shown, ON_A_PAGE).get_page(request.GET.get("page"))
    tabs = [
        Tab(
            name,
            _query(wanted | {"state": state}),
            sum(_is_in(group, state) for group in of_subscription),
            state == wanted["state"],
        )
        for state, name in STATES.items()
    ]
    return _page(
        admin,
        request,
        "bus/failures.html",
        title="Failures",
        page=page,
        groups=[_with_operations(group) for group in page],
        tabs=tabs,
        wanted=wanted,
        subscriptions=sorted({group.subscription for group in found}),
        without_group=dead_without_group(found),
        **_permitted(request),
    )


def group_page(admin: ModelAdmin, request: HttpRequest, key: str) -> HttpResponse:
    """One group: its last failure, its deliveries, the note, and what operators did."""
    _check_view(admin, request)
    if not KEY.fullmatch(key):
        raise Http404
    group = failure_group(key)
    note = group.note if group else FailureNote.objects.filter(failure_key=key).first()
    operations = _operations(key)
    if group is None and not (note or operations):
        raise Http404
    form = NoteForm(request.POST or None, initial={"text": note.text if note else ""})
    if request.method == "POST":
        if not request.user.has_perm(MAY_NOTE):
            raise PermissionDenied
        if form.is_valid():
            ops.note(key, form.cleaned_data["text"], by=request.user.get_username())
            admin.message_user(request, "The note is saved.")
            return HttpResponseRedirect(request.path)
    deliveries = Paginator(deliveries_of(key).defer("error"), ON_A_PAGE)
    return _page(
        admin,
        request,
        "bus/failure_group.html",
        title=f"{group.kind} in {group.subscription}" if group else "Failures: none open",
        group=group and _with_operations(group),
        note=note,
        form=form,
        operations=operations,
        running=any(one["state"] == "running" for one in operations),
        page=deliveries.get_page(request.GET.get("page")),
        may_note=request.user.has_perm(MAY_NOTE),
        **_permitted(request),
    )


def _with_operations(group: FailureGroup) -> dict[str, Any]:
    """The group, with the addresses of its page and of the pages that confirm an operation."""
    wanted = Filter(failure=group.key)
    return {
        "is": group,
        "link": reverse("admin:bus_failure_change", args=[group.key]),
        "again": address(Operation.DELIVER_AGAIN, wanted),
        "discard": address(Operation.DISCARD, wanted),
    }


def _operations(key: str) -> list[dict[str, Any]]:
    """The last bulk operations on the group, newest first, with their progress."""
    rows = BulkOperation.objects.filter(filter__failure=key).select_related("action")
    return [
        {"action": row.action, **progress(row)}
        for row in rows.order_by("-action")[:OPERATIONS_SHOWN]
    ]


def _is_in(group: FailureGroup, state: str) -> bool:
    return {"dead": group.dead, "retrying": group.retrying}.get(state, 1) > 0


def _query(wanted: dict[str, str]) -> str:
    return f"?{urlencode({name: value for name, value in wanted.items() if value})}"


def _check_view(admin: ModelAdmin, request: HttpRequest) -> None:
    if not admin.has_view_permission(request):
        raise PermissionDenied


def _permitted(request: HttpRequest) -> dict[str, bool]:
    return {
        "may_redeliver": may(request, Operation.DELIVER_AGAIN),
        "may_discard": may(request, Operation.DISCARD),
    }


def _page(admin: ModelAdmin, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    # Without the admin's `opts`, with which the theme would name deliveries in the header.
    heading = {"content_title": context["title"]}
    return TemplateResponse(
        request, template, admin.admin_site.each_context(request) | heading | context
    )
