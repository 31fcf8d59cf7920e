"""A page that confirms an operation and reads its parameters."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BooleanField, CharField, DateTimeField, Form, IntegerField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from bus.ops.selection import in_calendar


def _usable(at: datetime) -> None:
    if not in_calendar(at):
        raise ValidationError("Year out of range; use a date like 2026-01-31 00:00.")


class BackfillForm(Form):
    """Parameters of a backfill."""

    since = DateTimeField(
        validators=[_usable],
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2026-01-31 00:00"}),
        help_text="In the project's time zone. Events that have a delivery are skipped.",
        error_messages={"required": "Enter since when, such as 2026-01-31 00:00."},
    )
    rate = IntegerField(
        min_value=1,
        initial=50,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Deliveries that become due each second. New events share the workers with them.",
        error_messages={"required": "Enter the rate."},
    )
    suppressed = BooleanField(
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text="No mail or other effect outside the project, nor of events that follow.",
    )
    reason = CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="For the record.",
    )


def ask(
    admin: ModelAdmin, request: HttpRequest, form: Form, title: str, back: str, **words: Any
) -> HttpResponse:
    """Show the form with what it will do; `back` is the page to return to."""
    context = admin.admin_site.each_context(request) | {
        "title": title,
        "opts": admin.opts,
        "form": form,
        "back": back,
        **words,
    }
    return render(request, "bus/ask.html", context)
