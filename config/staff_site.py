"""The admin's site: once-only forms, readable lists, password pages."""

import logging
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.db import DataError, ProgrammingError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.sites import UnfoldAdminSite

from config.factors.devices import device_of
from config.factors.pages import code_page, enrol_page, own_page
from config.factors.pending import begin, needs_factor
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


class PasswordView(LoginView):
    """Logs in who needs no second factor; sends all others to its page."""

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        if not needs_factor(user):
            return super().form_valid(form)
        begin(self.request, user, self.get_success_url())
        page = "login_code" if device_of(user) else "login_enrol"
        return HttpResponseRedirect(reverse(f"admin:{page}"))


class Site(UnfoldAdminSite):
    """Each form takes effect once, and lists refuse lookups that cannot run."""

    index_template = "config/home.html"
    index_title = "Today"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(readable(once(view)), cacheable)

    def get_urls(self) -> list[Any]:
        pages = {
            "login/code/": ("login_code", code_page),
            "login/enrol/": ("login_enrol", enrol_page),
            "second-factor/": ("factor", own_page),
        }
        own = [
            path(route, partial(self._factor_page, view), name=name)
            for route, (name, view) in pages.items()
        ]
        return [*own, *super().get_urls()]

    def _factor_page(self, view: Callable[..., HttpResponse], request: HttpRequest) -> HttpResponse:
        """Each looks for itself who is there: `admin_view` would undo what a wrong code counts."""
        request.current_app = self.name  # type: ignore[attr-defined]  # Django's own hook
        return view(request, self.each_context(request))

    @method_decorator(never_cache)
    @method_decorator(login_not_required)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Django's page; a right password is the first of two steps where a factor is needed."""
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        context = {
            **self.each_context(request),
            "title": "Log in",
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **(extra_context or {}),
        }
        request.current_app = self.name  # type: ignore[attr-defined]  # Django's own hook
        return PasswordView.as_view(
            extra_context=context,
            authentication_form=self.login_form,
            template_name=self.login_template or "admin/login.html",
        )(request)

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
