"""Users and groups, in the theme of the rest of the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.forms import (
    AdminOwnPasswordChangeForm,
    AdminPasswordChangeForm,
    UserChangeForm,
    UserCreationForm,
)

from shop.admin import WritableAdmin
from shop.changes import ChangesForm

admin.site.unregister([User, Group])


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


class UserForm(ChangesForm, UserChangeForm):
    """A log-in writes its time to the row, and a new password may."""


class PasswordForm(PasswordOnly, AdminPasswordChangeForm):
    """Somebody's password, set by staff."""


class OwnPasswordForm(PasswordOnly, AdminOwnPasswordChangeForm):
    """One's own password."""


@admin.register(User)
class UserAdmin(PlainUserAdmin, WritableAdmin):
    form = UserForm
    add_form = UserCreationForm
    change_password_form = PasswordForm


@admin.register(Group)
class GroupAdmin(PlainGroupAdmin, WritableAdmin):
    pass


def change_own_password(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """The theme's page with our form, for which the theme has no setting."""
    request.current_app = admin.site.name  # type: ignore[attr-defined]  # Django's own hook
    return PasswordChangeView.as_view(
        form_class=OwnPasswordForm,
        success_url=reverse("admin:password_change_done"),
        extra_context=admin.site.each_context(request) | (extra_context or {}),
    )(request)


admin.site.password_change = change_own_password
