"""The site of the admin: what holds for every page of it."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.db import DataError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.sites import UnfoldAdminSite

from shop.submissions import once
from shop.views import bad_request

log = logging.getLogger(__name__)
View = Callable[..., HttpResponse]

UNREADABLE = (ValueError, OverflowError, IndexError, DataError, ProgrammingError)
"""What comes of the year 0, of half a range, or of letters to be found in a number."""

PATTERNS = ("__regex", "__iregex")


def readable(view: View) -> View:
    """400 for a list whose address asks what cannot be asked of the database.

    The admin takes every lookup on a list's own columns from the address. It judges most values,
    but not those that fail only when the query runs. Patterns are not taken at all: a wrong one
    fails so, and a right one may take minutes.
    """

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        match = request.resolver_match
        if not (request.GET and match and str(match.url_name).endswith("_changelist")):
            return view(request, *args, **options)
        if any(name.endswith(PATTERNS) for name in request.GET):
            return bad_request(request)
        try:
            return view(request, *args, **options)
        except UNREADABLE as error:
            log.warning("%s cannot be filtered so: %s", request.path, type(error).__name__)
            return bad_request(request)

    return shown


class PasswordOnly:
    """Writes the new password and no other column; Django's own forms write the whole row.

    Hashing takes a third of a second, in which the user may be deactivated, for example.
    """

    def set_password_and_save(
        self, user: User, *args: Any, commit: bool = True, **options: Any
    ) -> User:
        super().set_password_and_save(user, *args, commit=False, **options)  # type: ignore[misc]  # untyped base
        if commit:
            user.save(update_fields=["password"])
        return user


class OwnPasswordForm(PasswordOnly, AdminOwnPasswordChangeForm):
    """One's own password."""


class Site(UnfoldAdminSite):
    """Each form takes effect once, and a list refuses what it cannot look for."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(readable(once(view)), cacheable)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The theme's page with our form, for which the theme has no setting."""
        request.current_app = self.name  # type: ignore[attr-defined]  # Django's own hook
        return PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context=self.each_context(request) | (extra_context or {}),
        )(request)
