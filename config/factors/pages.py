"""The pages of the second factor: a code at the login, enrolment, and a user's own settings."""

import base64
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminTextInputWidget

from config.factors import devices
from config.factors.pending import PASSED, complete, pending
from shop import qr
from shop.spending import SharedBudget
from shop.views import too_many_requests

TRIES = SharedBudget("LOGINS_PER_ACCOUNT")
"""Codes for one account. From all addresses together: who sends them has its password."""

KEY = "second_factor_key"
"""In the session: the key of an app that has not sent a code yet."""

WRONG = "This code is wrong, or was used before. Wait for the app's next one."
BEFORE, WITHIN = "unfold/layouts/unauthenticated.html", "admin/base_site.html"
"""The layouts of pages before the login, and after it."""
FEW = 3
"""Recovery codes left, of which the user is warned."""


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
        error_messages={"required": "Enter a code."},
    )


class AppCodeForm(CodeForm):
    """With a keyboard of digits on phones."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].widget.attrs |= {"inputmode": "numeric"}


@never_cache
@sensitive_post_parameters()
def code_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The second step of the login, for who has an app."""
    waiting = pending(request)
    if waiting is None:
        return _to_login()
    if devices.device_of(waiting.user) is None:
        return HttpResponseRedirect(reverse("admin:login_enrol"))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if wait := _wait(waiting.user, form.cleaned_data["code"]):
            return too_many_requests(request, wait)
        if devices.verify(waiting.user, form.cleaned_data["code"]):
            TRIES.forgive(_key(waiting.user))
            complete(request, waiting.user, waiting.backend)
            _warn_of_few(request, waiting.user)
            return HttpResponseRedirect(waiting.onward)
        form.add_error("code", WRONG)
    return render(request, "config/factors/code.html", context | {"form": form, "title": "Log in"})


@never_cache
@sensitive_post_parameters()
def enrol_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Set up an app: at the login, where one is required, or in a session that is open."""
    waiting = pending(request)
    user = waiting.user if waiting else request.user
    if not user.is_staff:
        return _to_login()
    if devices.device_of(user):
        return HttpResponseRedirect(reverse(f"admin:{'login_code' if waiting else 'factor'}"))
    layout = BEFORE if waiting else WITHIN
    onward = waiting.onward if waiting else reverse("admin:factor")
    key = request.session.setdefault(KEY, devices.new_key())
    form = AppCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = devices.enrol(user, key, form.cleaned_data["code"].replace(" ", ""))
        except devices.AlreadyEnrolled:
            return _to_login()
        if codes:
            complete(request, user, waiting.backend if waiting else "")
            request.session.pop(KEY, None)
            return _codes(request, context | {"layout": layout}, codes, onward)
        form.add_error("code", "This code is wrong. Is the phone's clock right?")
    url = devices.unsaved(user, key).config_url
    shown = {
        "form": form,
        "url": url,
        "picture": base64.b64encode(qr.svg(url).encode()).decode(),
        "key": devices.readable_key(key),
        "required": waiting is not None,
        "layout": layout,
        "title": "Second factor",
    }
    return render(request, "config/factors/enrol.html", context | shown)


@never_cache
@sensitive_post_parameters()
def own_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """A user's own second factor: its state, new recovery codes, removal. Each takes a code."""
    user = request.user
    if not user.is_staff:
        return _to_login()
    device = devices.device_of(user)
    if device is None:
        return HttpResponseRedirect(reverse("admin:login_enrol"))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if wait := _wait(user, form.cleaned_data["code"]):
            return too_many_requests(request, wait)
        if not devices.verify(user, form.cleaned_data["code"]):
            form.add_error("code", WRONG)
        elif "remove" in request.POST:
            TRIES.forgive(_key(user))
            devices.remove(user)
            request.session.pop(PASSED, None)
            messages.success(request, "Your second factor is removed.")
            return HttpResponseRedirect(reverse("admin:index"))
        else:
            TRIES.forgive(_key(user))
            codes = devices.renew_recovery_codes(user)
            return _codes(request, context | {"layout": WITHIN}, codes, reverse("admin:factor"))
    shown = {"form": form, "device": device, "left": devices.recovery_codes_left(user)}
    shown["title"] = "Second factor"
    return render(request, "config/factors/own.html", context | shown)


def _codes(
    request: HttpRequest, context: dict[str, Any], codes: list[str], onward: str
) -> HttpResponse:
    """Show new recovery codes, in this answer alone."""
    shown = {"codes": codes, "onward": onward, "title": "Recovery codes"}
    return render(request, "config/factors/codes.html", context | shown)


def _wait(user: User, code: str) -> int:
    """Seconds to wait before a code is looked at; the try is counted."""
    return devices.wait_of(user, code) or TRIES.take(_key(user))


def _key(user: User) -> str:
    return f"code {user.pk}"


def _to_login() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:login"))


def _warn_of_few(request: HttpRequest, user: User) -> None:
    left = devices.recovery_codes_left(user)
    if left <= FEW:
        messages.warning(
            request, f"You have {left} recovery codes left; make new ones at Second factor."
        )
