"""The site of the admin: what holds for every page of it."""

from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.sites import UnfoldAdminSite

from shop.submissions import once


class PasswordOnly:
    """Writes the new password and no other column; Django's own forms write the whole row.

    Hashing takes a third of a second, in which the user may be deactivated, for example.
    """

    def set_password_and_save(
        self, user: User, *args: Any, commit: bool = True, **options: Any
    ) -> User:
        super().set_password_and_save(user, *args, commit=False, **options)  # type: ignore[misc]
        if commit:
            user.save(update_fields=["password"])
        return user


class OwnPasswordForm(PasswordOnly, AdminOwnPasswordChangeForm):
    """One's own password."""


class Site(UnfoldAdminSite):
    """Each form takes effect once."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(once(view), cacheable)

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
