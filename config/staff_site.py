"""The admin's site: once-only forms, readable lists, password pages."""

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
"""Raised for the year 0, half a range, or letters in a search for a number."""

LISTS = ("_changelist", "_export_rows")
"""The ends of the names of pages that take lookups from the address."""

PATTERNS = ("__regex", "__iregex")


def readable(view: View) -> View:
    """Answer 400 to a list whose address holds a lookup that the database cannot run.

    The admin takes lookups on a list's own columns from the address. It validates most values, but
    not those that fail only when the query runs. Regular expressions are always refused: an invalid
    one fails then, and a valid one may take minutes.
    """

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        match = request.resolver_match
        if not (request.GET and match and str(match.url_name).endswith(LISTS)):
            return view(request, *args, **options)
        if any(name.endswith(PATTERNS) for name in request.GET):
            return bad_request(request)
        try:
            return view(request, *args, **options)
        except UNREADABLE as error:
            log.warning("The filter of %s cannot be run: %s", request.path, type(error).__name__)
            return bad_request(request)

    return shown


class PasswordOnly:
    """Writes the new password and no other column; Django's own forms write the whole row.

    Hashing takes a third of a second, in which another request may deactivate the user.
    """

    def set_password_and_save(
        self, user: User, *args: Any, commit: bool = True, **options: Any
    ) -> User:
        super().set_password_and_save(user, *args, commit=False, **options)  # type: ignore[misc]  # untyped base
        if commit:
            user.save(update_fields=["password"])
        return user


class OwnPasswordForm(PasswordOnly, AdminOwnPasswordChangeForm):
    """A user's own password."""


class Site(UnfoldAdminSite):
    """Each form takes effect once, and lists refuse lookups that cannot run."""

    index_template = "config/home.html"
    index_title = "Today"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(readable(once(view)), cacheable)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The theme's page with our form; the theme has no setting for it."""
        request.current_app = self.name  # type: ignore[attr-defined]  # Django's own hook
        return PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context=self.each_context(request) | (extra_context or {}),
        )(request)
